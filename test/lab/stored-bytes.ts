/** Looks into the files of a stopped node. */
import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'

/** Does this text lie anywhere in the directory: in a file as it is, or in a key or value of a database (which may be compressed)? */
export async function holds(directory: string, text: string): Promise<boolean> {
  // Files first: opening a database rewrites them.
  if (filesHold(directory, text)) return true
  for (const path of [directory, ...pathsIn(directory, (entry) => entry.isDirectory())])
    if (await databaseHolds(path, text)) return true
  return false
}

/** Does this text lie in a file of the directory as it is? Files that go away meanwhile hold nothing. */
export function filesHold(directory: string, text: string): boolean {
  const holdsIt = (path: string) => {
    try {
      return readFileSync(path).includes(text)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }
  return pathsIn(directory, (entry) => entry.isFile()).some(holdsIt)
}

const pathsIn = (directory: string, isWanted: (entry: Dirent) => boolean) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(isWanted)
    .map((entry) => join(entry.parentPath, entry.name))

/** Does this text lie in a key or value of the database in this directory? What was deleted may lie in its files for a while. */
export async function databaseHolds(directory: string, text: string): Promise<boolean> {
  const needle = Buffer.from(text)
  if (!existsSync(join(directory, 'CURRENT'))) return false
  const database = new Level<Buffer, Buffer>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing: false,
  })
  try {
    for await (const [key, value] of database.iterator()) {
      if (key.includes(needle) || value.includes(needle)) return true
    }
    return false
  } finally {
    await database.close()
  }
}
