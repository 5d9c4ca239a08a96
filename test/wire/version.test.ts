import { describe, expect, it } from 'vitest'
import { hex, utf8 } from '../../src/wire/bytes.ts'
import { frameTable } from '../../src/wire/frames.ts'
import { kindTable } from '../../src/wire/kinds.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'
import { chooseVersion, versionRange, WIRE_VERSION, WIRE_VERSIONS } from '../../src/wire/version.ts'

/** Of every frame and kind, by version. A new one, or a field behind the others, needs a new print and no new version. */
const FINGERPRINTS: Record<number, string> = {
  1: 'daf8c08def38588a',
}

describe('the protocol version', () => {
  it('stands for these frames and kinds: numbers, fields, types and limits', () => {
    const tables = JSON.stringify([frameTable, kindTable])
    expect(hex(naclCrypto.hash(utf8(tables)), 0, 8)).toBe(FINGERPRINTS[WIRE_VERSION])
  })

  it('is the highest that both sides speak', () => {
    expect(chooseVersion([1, 2, 3], [3, 2])).toBe(3)
    expect(chooseVersion([1, 2], [2, 3, 4])).toBe(2)
    expect(chooseVersion([1], [2])).toBeUndefined()
    expect(chooseVersion([1], [])).toBeUndefined()
    expect(WIRE_VERSIONS).toContain(WIRE_VERSION)
  })

  it('is told as a range', () => {
    expect(versionRange([1])).toBe('1')
    expect(versionRange([3, 1, 2])).toBe('1-3')
    expect(versionRange([])).toBe('none')
  })
})
