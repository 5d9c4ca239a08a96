import { describe, expect, it } from 'vitest'
import { plain, render, resultText } from '../../src/cli/render.ts'

const look = { paint: plain, tabs: false, self: 'ab'.repeat(32) }
const hub = { id: 'cd'.repeat(32), name: 'ada', url: 'wss://10.0.0.2:27470', self: false }
const rank = {
  id: hub.id,
  reachable: true,
  pinned: false,
  preferred: false,
  lag: 0,
  uptimeS: 3,
  why: 'bob would follow',
}

describe('what people read of a node', () => {
  it('says of the hub why it is hub, and of the line why each stands there', () => {
    const data = { hub, epoch: 2, line: [{ name: 'bob' }], ranks: [rank], why: 'ada is hub: it was first' }
    expect(resultText('/hub', data, look)).toBe(
      [
        'hub     ada (10.0.0.2:27470)',
        'epoch   2',
        'why     ada is hub: it was first',
        'line 1  bob would follow',
      ].join('\n'),
    )
  })

  it('names the address of the hub, and leaves out what only programs want', () => {
    expect(resultText('/hub', { hub, epoch: 2, ranks: [] }, look)).toBe(
      'hub    ada (10.0.0.2:27470)\nepoch  2',
    )
    expect(resultText('/status', { hub: null, taken: 3, uptimeMs: 61_000 }, look)).toBe(
      'hub     none\nuptime  1 min',
    )
    const data = {
      uptimeS: 5,
      clockMs: -2000,
      neighbours: [{ port: 1 }, { port: 2 }],
      remembered: ['10.0.0.2:1'],
    }
    expect(resultText('/doctor', data, look)).toBe(
      'uptime      5 s\nclock       differs by 2 s\nneighbours  2',
    )
  })

  it('gives programs all of it', () => {
    expect(resultText('/hub', { hub, ranks: [rank] }, { ...look, tabs: true })).toContain('reachable yes')
  })
})

describe('the time of a message', () => {
  const message = (more: object) =>
    render(
      {
        type: 'message',
        id: '1',
        room: 'general',
        from: { id: 'cd'.repeat(32), name: 'ada' },
        text: 'hi',
        ts: 0,
        order: '',
        ...more,
      },
      look,
    )!.text

  it('is shown with ~ where it is far from its arrival', () => {
    expect(message({})).toBe('[general] ada: hi')
    expect(message({ approx: true })).toMatch(/^~\S+ \S+ \[general\] ada: hi$/)
  })
})
