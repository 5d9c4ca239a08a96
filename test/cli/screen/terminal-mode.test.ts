import { describe, expect, it, onTestFinished } from 'vitest'
import { type Paint, plain } from '../../../src/cli/render.ts'
import type { Host } from '../../../src/cli/screen/host.ts'
import { TerminalMode } from '../../../src/cli/screen/terminal-mode.ts'
import type { NodeEvent } from '../../../src/node/index.ts'
import { BOB, FakeNode, type FakeOptions } from '../fake-node.ts'
import { Emulator } from './emulator.ts'

const NOW = new Date(2026, 10, 20, 14, 3).getTime()
let ids = 0

const message = (over: Partial<Extract<NodeEvent, { type: 'message' }>> = {}): NodeEvent => ({
  type: 'message',
  id: String(ids++).padStart(64, 'c'),
  room: 'general',
  from: BOB,
  text: 'hi',
  ts: NOW,
  order: '000000000005',
  ...over,
})

class FakeHost implements Host {
  ends = new Set<() => void>()
  continues = new Set<() => void>()
  stops = new Set<() => void>()
  stopped: boolean[] = []
  constructor(readonly emulator: Emulator) {}
  onEnd = (listener: () => void) => add(this.ends, listener)
  onStop = (listener: () => void) => add(this.stops, listener)
  onContinue = (listener: () => void) => add(this.continues, listener)
  stop = (isOwn: boolean) => {
    this.stopped.push(isOwn)
  }
  write = (text: string) => {
    this.emulator.written += text
    this.emulator.terminal.write(text)
  }
}

function add(set: Set<() => void>, listener: () => void): () => void {
  set.add(listener)
  return () => set.delete(listener)
}

interface StartOptions extends FakeOptions {
  readonly columns?: number
  readonly rows?: number
  readonly paint?: Paint
}

async function start({ columns = 60, rows = 16, paint = plain, ...fake }: StartOptions = {}) {
  const node = new FakeNode(fake)
  const screen = new Emulator(columns, rows)
  const host = new FakeHost(screen)
  const { input, output } = screen
  const gate = Promise.resolve()
  const mode = new TerminalMode({ node, input, output, gate, paint, host, now: () => NOW })
  onTestFinished(() => mode.close())
  const ended = mode.run()
  await screen.shows('You are anna')
  await screen.cursorBehind('[general] anna: ')
  await screen.shows('[1:general]')
  return { node, screen, host, mode, ended }
}

describe('the chat on a terminal', () => {
  it('draws it', async () => {
    const { node, screen } = await start()
    node.emit(message())
    await screen.shows('14:03 bob: hi')
    screen.type('hello 日本語 e\u0301 👩‍👩‍👧 x')
    await screen.shows('x')
    screen.type('\r')
    await screen.shows('anna: hello')
  })
})
