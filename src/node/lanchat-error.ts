/** A refusal of lanchat with its stable code (PROTOCOL.md lists all). */
export class LanchatError extends Error {
  override readonly name = 'LanchatError'
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
