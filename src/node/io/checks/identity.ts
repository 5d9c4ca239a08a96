/** The identity file: there, whole, and for its owner's eyes alone. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { personKey } from '../../../wire/ids.ts'
import { signerOf } from '../../crypto.ts'
import { LanchatError } from '../../lanchat-error.ts'
import { readKeptIdentity } from '../identity-file.ts'
import { type Finding, fail, pass, warn } from './check.ts'

/** Reads only. */
export async function checkIdentity(dir: string): Promise<Finding> {
  const file = join(dir, 'identity')
  try {
    const seed = await readKeptIdentity(dir)
    if (!seed) return pass('An identity is made at the first start.')
    const mode = (await stat(file)).mode & 0o077
    if (process.platform !== 'win32' && mode !== 0)
      return warn(`The identity file ${file} can be read by others on this machine.`, `chmod 600 '${file}'`)
    return pass(`The identity is whole: ${personKey(signerOf(seed).key).slice(0, 8)}.`)
  } catch (error) {
    if (error instanceof LanchatError) return fail(error.message)
    throw error
  }
}
