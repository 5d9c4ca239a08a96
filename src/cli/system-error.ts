/** What the system says of a failed call: its code, as ENOENT, else the words of the error. */
export function whyOf(error: unknown): string {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException
  return code ?? message ?? String(error)
}
