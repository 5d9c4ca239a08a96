import { afterEach, describe, expect, it } from 'vitest'
import { randomKey, Scene } from './attack.ts'

let scene: Scene
afterEach(() => scene.close())

describe('an address in a frame', () => {
  it('that is none ends nobody', async () => {
    scene = await new Scene().open()
    const attacker = await scene.joined()
    for (const address of [
      'x',
      '127.0.0.1:99999',
      '127.0.0.1:-1',
      ':',
      '',
      '[::1]:1e9',
      'a:b:c',
      '127.0.0.1:1.5',
      '\u0000:5',
    ])
      await attacker.settled({ type: 'report', hub: randomKey(), address })
    expect(scene.bugs()).toEqual([])
  })
})
