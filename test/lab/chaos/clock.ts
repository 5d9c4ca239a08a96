/** The wall clock of one client, which can be set while it runs (libfaketime). Its monotonic clock and its timers stay true. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { run } from '../net.ts'

let library: string | undefined

export class Clock {
  constructor(private readonly file: string) {
    mkdirSync(dirname(file), { recursive: true })
    this.set('+0')
  }

  /** As faketime writes it: `+1d`, `-1d`, `+0`. Processes see it within a second. */
  set(offset: string): void {
    writeFileSync(this.file, `${offset}\n`)
  }

  get env(): Record<string, string> {
    library ??= run('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']).trim()
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }
}
