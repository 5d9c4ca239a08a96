/** Looks into the files of a stopped node. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'

/** Does this text lie anywhere in the directory: in a file as it is, or in a key or value of a database (which may be compressed)? */
export async function holds(directory: string, text: string): Promise<boolean> {
  const needle = Buffer.from(text)
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && readFileSync(path).includes(needle)) return true
    if (entry.isDirectory() && (await databaseHolds(path, needle))) return true
  }
  return databaseHolds(directory, needle)
}

async function databaseHolds(directory: string, needle: Buffer): Promise<boolean> {
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
