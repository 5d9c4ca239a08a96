import { describe, expect, it } from 'vitest'
import { exitCodeOf, signalCode, toldOf } from '../../src/cli/exit.ts'
import { LanchatError } from '../../src/node/index.ts'

describe('exit codes', () => {
  it.each([
    ['CODE_WRONG', 4],
    ['BANNED', 4],
    ['IDENTITY_INVALID', 4],
    ['NOBODY_FOUND', 3],
    ['TIMEOUT', 3],
    ['OFFLINE', 75],
    ['COMMAND_USAGE', 2],
    ['DATA_DIR_IN_USE', 1],
    ['A_CODE_OF_LATER', 1],
    [undefined, 1],
  ])('%s ends with %i', (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit)
  })

  it('by signal are 128 and its number', () => {
    expect([signalCode('SIGHUP'), signalCode('SIGINT'), signalCode('SIGTERM')]).toEqual([129, 130, 143])
  })
})

describe('an error', () => {
  it('is told by its code and sentence, whatever was thrown', () => {
    expect(toldOf(new LanchatError('OFFLINE', 'No hub.'))).toEqual({ code: 'OFFLINE', message: 'No hub.' })
    expect(toldOf(new TypeError('x is undefined'))).toEqual({ code: 'INTERNAL', message: 'x is undefined' })
    expect(toldOf('odd')).toEqual({ code: 'INTERNAL', message: 'odd' })
    expect(toldOf(undefined)).toEqual({ code: 'INTERNAL', message: 'undefined' })
  })
})
