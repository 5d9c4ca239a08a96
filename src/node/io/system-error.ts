/** What the system says of a failed call. */

/** Its code, as ENOENT. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

export const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
