/** The wall clock of one client, which can be set while it runs (libfaketime). Its monotonic clock and its timers stay true. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fakeTimeLibrary } from '../fake-time.ts'

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
    return {
      LD_PRELOAD: fakeTimeLibrary(),
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }
}
