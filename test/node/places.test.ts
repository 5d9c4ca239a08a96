/** The rule of places, one step at a time; many meetings are in test/sim/places.test.ts. */
import { expect, test } from 'vitest'
import { PlaceKeeper } from '../../src/node/place-keeper.ts'
import { aged, meet, newPlace, synced } from '../../src/node/places.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'

test('whoever claims the greatest age makes no place older than a hello can say (PL-3, AU-2)', () => {
  const place = aged(synced(newPlace(new Uint8Array(8)), 2 ** 32 - 1), 5)
  const net = new Uint8Array(8)
  const told = { grown: place.isGrown, age: place.age, role: 0, places: net, caps: 0, port: 0 }
  const hello = encodeFrame({ type: 'hello', versions: [1], net, key: new Uint8Array(32), ...told })
  expect(decodeFrame(hello)).toMatchObject({ type: 'hello', age: 2 ** 32 - 1 })
})

test('nobody yields to whoever names no place, or names it many times (PL-1, PL-5)', () => {
  const place = newPlace(new Uint8Array(8).fill(3))
  const theirs = { ids: [], isGrown: true, age: 700 }
  expect(meet(place, theirs)).toEqual({ is: 'apart' })
  expect(meet({ ...place, isAlone: false }, theirs)).toEqual({ is: 'apart' })
  const [low, high] = [1, 2].map((byte) => newPlace(new Uint8Array(8).fill(byte)).ids[0]!)
  expect(meet(place, { ...theirs, ids: [high!, low!, high!] })).toEqual({ is: 'adopt', ids: [low, high] })
})

test('a visitor in no place meets anybody and changes nothing; anybody else in none is kept apart (PL-5)', () => {
  const hello = { places: new Uint8Array(0), grown: false, age: 0 }
  for (const isGrown of [false, true]) {
    const place = { ...newPlace(new Uint8Array(8).fill(3)), isGrown }
    const keeper = new PlaceKeeper(place, () => expect.unreachable('the place has changed'))
    expect(keeper.meet({ ...hello, visitor: true })).toEqual({ is: 'same' })
    expect(keeper.meet({ ...hello, visitor: false })).toEqual({ is: 'apart' })
    expect(keeper.place).toBe(place)
  }
})
