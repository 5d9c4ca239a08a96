/**
 * Repairs a damaged LevelDB folder in a process of its own: over some damaged tables LevelDB does not fail but ends the process
 * (an assertion that keys are in order, or long enough). Where it does, the tables whose checksums do not hold are set aside,
 * as `<name>.set-aside`, and what is left is repaired. Everything is merged anew there, so that whoever reads the folder
 * afterwards reads sound tables.
 */
import { execFile } from 'node:child_process'
import { rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { damagedTable } from './table-check.ts'

const SCRIPT = `
const { ClassicLevel } = require(process.argv[1])
const folder = process.argv[2]
;(async () => {
  await ClassicLevel.repair(folder)
  const db = new ClassicLevel(folder, { keyEncoding: 'buffer', createIfMissing: false })
  await db.open()
  await db.compactRange(Buffer.alloc(0), Buffer.alloc(256, 255))
  await db.close()
})().catch((error) => {
  process.stderr.write(String(error && error.cause || error))
  process.exitCode = 1
})
`

/** Returns the tables set aside. Rejects where what is left cannot be repaired either, with what LevelDB says. */
export async function repairApart(folder: string): Promise<string[]> {
  const setAside: string[] = []
  for (;;)
    try {
      await repair(folder)
      return setAside
    } catch (error) {
      const tables = await setDamagedAside(folder)
      if (tables.length === 0) throw error
      setAside.push(...tables)
    }
}

async function repair(folder: string): Promise<void> {
  const classicLevel = createRequire(createRequire(import.meta.url).resolve('level')).resolve('classic-level')
  // No secret of ours is any business of that process.
  const env = { PATH: process.env.PATH ?? '' }
  await promisify(execFile)(process.execPath, ['-e', SCRIPT, classicLevel, folder], { env })
}

async function setDamagedAside(folder: string): Promise<string[]> {
  const tables: string[] = []
  for (let table = await damagedTable(folder); table !== undefined; table = await damagedTable(folder)) {
    await rename(join(folder, table), join(folder, `${table}.set-aside`))
    tables.push(table)
  }
  return tables
}
