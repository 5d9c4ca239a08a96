/** The program's version, as package.json says it. */
export const PROGRAM_VERSION = '0.1.0'
