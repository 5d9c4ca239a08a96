import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Output } from '../../src/cli/output.ts'

/** A stream whose reader takes nothing until released. */
class Stuck extends Writable {
  release: () => void = () => {}
  override _write(_: Buffer, __: string, done: () => void): void {
    this.release = done
  }
}

describe('an output', () => {
  it('hands on what one turn wrote in one piece', async () => {
    const chunks: number[] = []
    const stream = new Writable({
      write: (_, __, done) => done(),
      writev(parts, done) {
        chunks.push(parts.length)
        done()
      },
    })
    const output = new Output(stream)
    output.write('a\n')
    output.write('b\n')
    output.write('c\n')
    await new Promise((resolve) => setImmediate(resolve))
    expect(chunks).toEqual([3])
  })

  it('is flushed when its stream has taken everything', async () => {
    const stream = new Stuck()
    const output = new Output(stream)
    output.write('text')
    let isFlushed = false
    const flushed = output.flushed().then(() => {
      isFlushed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isFlushed).toBe(false)
    while (!isFlushed) {
      stream.release()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await flushed
  })

  it('gives a reader up that holds back more than it may', async () => {
    const output = new Output(new Stuck({ highWaterMark: 1 }), { unreadMax: 100 })
    output.write('x'.repeat(101))
    expect(await output.ended).toBe('stuck')
    await output.drained()
    await output.flushed()
  })

  it('leaves out what a terminal does not take, which is waited for, and says how much', async () => {
    const stream = Object.assign(new Stuck(), { isTTY: true })
    const output = new Output(stream, { leftOut: (lines) => `${lines} left out\n` })
    const written: string[] = []
    const take = stream._write.bind(stream)
    stream._write = (chunk, encoding, done) => {
      written.push(String(chunk).slice(0, 20))
      take(chunk, encoding, done)
    }
    output.write('x'.repeat(1 << 21))
    for (let k = 0; k < 1000; k++) output.write('a line\n')
    await new Promise((resolve) => setImmediate(resolve))
    while (written.length < 2) {
      stream.release()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(written).toEqual(['x'.repeat(20), '1000 left out\n'])
  })

  it('ends when its reader goes', async () => {
    const stream = new PassThrough()
    const output = new Output(stream)
    stream.destroy(new Error('EPIPE'))
    expect(await output.ended).toBe('gone')
    output.write('to nobody')
    await output.flushed()
  })
})
