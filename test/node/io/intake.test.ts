import { describe, expect, it } from 'vitest'
import { bytesOf, Intake } from '../../../src/node/io/intake.ts'

class Reader {
  isRead = true
  pause() {
    this.isRead = false
  }
  resume() {
    this.isRead = true
  }
}

const LIMITS = { checksOfLinkMax: 8, checksMax: 20, writeBytesMax: 100 }

function three() {
  const links = new Map([1, 2, 3].map((id) => [id, new Reader()]))
  const read = () => [...links].filter(([, link]) => link.isRead).map(([id]) => id)
  return { links, read, intake: new Intake(links, LIMITS) }
}

describe('what is read', () => {
  it('a link that brings more signatures than can be checked waits until half of them are done', () => {
    const { intake, read } = three()
    intake.checking(1, 7)
    expect(read()).toEqual([1, 2, 3])
    intake.checking(1, 1)
    expect(read()).toEqual([2, 3])
    expect([...intake.unread()]).toEqual([1])
    intake.checked(1, 3)
    expect(read()).toEqual([2, 3])
    intake.checked(1, 1)
    expect(read()).toEqual([1, 2, 3])
  })

  it('many links that bring little each wait too, where it is too much together', () => {
    const { intake, read } = three()
    for (const id of [1, 2, 3]) intake.checking(id, 6)
    expect(read()).toEqual([1, 2, 3])
    intake.checking(2, 1)
    intake.checking(3, 1)
    expect(read()).toEqual([1, 2])
    intake.checked(3, 7)
    expect(read()).toEqual([1, 2])
    intake.checked(1, 3)
    expect(read()).toEqual([1, 2, 3])
  })

  it('nobody is read while the disk is behind, until half of what waits is there', () => {
    const { intake, read } = three()
    intake.writing(60)
    expect(read()).toEqual([1, 2, 3])
    intake.writing(60)
    expect(read()).toEqual([])
    intake.written(60)
    expect(read()).toEqual([])
    intake.written(60)
    expect(read()).toEqual([1, 2, 3])
  })

  it('a link that comes meanwhile waits as well, and one that is gone is no reason to wait', () => {
    const { intake, links, read } = three()
    intake.writing(100)
    links.set(4, new Reader())
    intake.began(4)
    expect(read()).toEqual([])
    intake.checking(3, 20)
    links.delete(3)
    intake.written(100)
    expect(read()).toEqual([1, 2, 4])
    intake.checked(3, 20)
    intake.checking(1, 7)
    expect(read()).toEqual([1, 2, 4])
  })

  it('who waits for its signatures goes on waiting when the disk or the store is there again', () => {
    const { intake, read } = three()
    intake.checking(2, 8)
    intake.writing(100)
    intake.blind(true)
    intake.written(100)
    expect(read()).toEqual([])
    intake.blind(false)
    expect(read()).toEqual([1, 3])
    intake.checked(2, 8)
    expect(read()).toEqual([1, 2, 3])
  })

  it('a batch weighs what its keys and values have', () => {
    expect(
      bytesOf([
        ['put', 'key', new Uint8Array(10)],
        ['del', 'other'],
      ]),
    ).toBe(18)
  })
})
