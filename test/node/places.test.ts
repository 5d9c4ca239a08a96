/** The rule of places, one step at a time; many meetings are in test/sim/places.test.ts. */
import { expect, test } from 'vitest'
import { aged, newPlace, synced } from '../../src/node/places.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'

test('whoever claims the greatest age makes no place older than a hello can say (PL-3, AU-2)', () => {
  const place = aged(synced(newPlace(new Uint8Array(8)), 2 ** 32 - 1), 5)
  const net = new Uint8Array(8)
  const told = { grown: place.isGrown, age: place.age, role: 0, places: net, caps: 0, port: 0 }
  const hello = encodeFrame({ type: 'hello', versions: [1], net, key: new Uint8Array(32), ...told })
  expect(decodeFrame(hello)).toMatchObject({ type: 'hello', age: 2 ** 32 - 1 })
})
