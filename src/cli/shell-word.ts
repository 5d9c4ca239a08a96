/** Names of files in commands that people are told to type: one word for their shell, whatever stands in them. */

/** What no shell takes for anything but itself. */
const PLAIN = { win32: /^[\p{L}\p{N}_.,:\\/-]+$/u, other: /^[\p{L}\p{N}_.,:@%+/-]+$/u } as const

/** platform: as in process. */
export function shellWord(path: string, platform: string = process.platform): string {
  // A dash in front would make it an option.
  const named = path.startsWith('-') ? `./${path}` : path
  const isWindows = platform === 'win32'
  if ((isWindows ? PLAIN.win32 : PLAIN.other).test(named)) return named
  // No name holds a double quote there.
  return isWindows ? `"${named}"` : `'${named.replaceAll("'", "'\\''")}'`
}
