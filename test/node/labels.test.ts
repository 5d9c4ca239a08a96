import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { personLabels, roomLabels } from '../../src/node/labels.ts'
import { nearest } from '../../src/node/nearest.ts'
import { hex, utf8 } from '../../src/wire/bytes.ts'
import { skeleton } from '../../src/wire/confusable.ts'
import type { PersonKey, RoomId } from '../../src/wire/ids.ts'

const key = (name: string) => hex(nodeCrypto.hash(utf8(name))) as PersonKey
const [a, b, c] = [key('a'), key('b'), key('c')]
/** Another key whose first digits are the same. */
const like = (other: PersonKey, digits: number) =>
  (other.slice(0, digits) + key('x').slice(digits)) as PersonKey

describe('a label', () => {
  it('is the plain name for the first key met under it and has a piece of the key for the next', () => {
    const labels = personLabels()
    expect(labels.meet(a, 'anna')).toBe('anna')
    expect(labels.meet(b, 'anna')).toMatch(/^anna~[a-km-np-z2-9]{4}$/)
    expect(labels.meet(a, 'anna')).toBe('anna')
    expect(labels.keeperBefore(b)).toBe(a)
    expect(labels.keeperBefore(a)).toBeUndefined()
  })

  it('grows where its piece of the key is another’s', () => {
    const labels = personLabels()
    const twin = like(b, 6)
    labels.meet(a, 'anna')
    const first = labels.meet(b, 'anna')
    const second = labels.meet(twin, 'anna')
    expect(second.startsWith(first)).toBe(true)
    expect(second.length).toBeGreaterThan(first.length)
    expect(labels.label(b)).toBe(first)
  })

  it('never has a piece of the key that looks like another’s', () => {
    const labels = personLabels()
    // In base 32 these start m222, rn223 and rn222; m and rn look alike.
    const starts = ['5e318', '7b318c8', '7b318c0']
    const [m, rn, alsoRn] = starts.map((start) => (start + a.slice(start.length)) as PersonKey)
    labels.meet(a, 'anna')
    expect(labels.meet(m!, 'anna')).toBe('anna~m222')
    expect(labels.meet(rn!, 'anna')).toBe('anna~rn22')
    expect(labels.meet(alsoRn!, 'anna')).toMatch(/^anna~rn222.$/)
  })

  it('is the start of the key until the profile is here', () => {
    const labels = personLabels()
    expect(labels.label(a)).toBe(a.slice(0, 8))
    expect(labels.meet(a, 'anna')).toBe('anna')
  })

  it('stays kept for its key through a change of name and back', () => {
    const labels = personLabels()
    labels.meet(a, 'anna')
    labels.meet(a, 'zoe')
    expect(labels.meet(b, 'anna')).not.toBe('anna')
    expect(labels.meet(a, 'anna')).toBe('anna')
  })

  it('is not kept by who went through many names since', () => {
    const labels = personLabels()
    for (let i = 0; i < 100; i++) labels.meet(a, `name${String.fromCharCode(97 + (i % 26))}x${i}`)
    expect(labels.meet(b, 'nameax0')).toBe('nameax0')
    expect(labels.meet(c, 'namevx99')).not.toBe('namevx99')
  })

  it('is the same after a restart, whoever is met first then', () => {
    const before = personLabels()
    const twin = like(b, 6)
    for (const person of [a, b, twin]) before.meet(person, 'anna')
    const after = personLabels(before.saved())
    for (const person of [twin, b, a]) after.meet(person, 'anna')
    for (const person of [a, b, twin]) expect(after.label(person)).toBe(before.label(person))
  })

  it('is free again once its key is forgotten', () => {
    const labels = roomLabels()
    const [one, two] = ['1'.repeat(32), '2'.repeat(32)] as [RoomId, RoomId]
    labels.meet(one, 'lab')
    expect(labels.meet(two, 'lab')).toMatch(/^lab~/)
    labels.forget(one)
    labels.forget(two)
    expect(labels.meet(two, 'lab')).toBe('lab')
    expect(labels.resolve('lab')).toEqual({ is: 'one', key: two })
  })
})

describe('two keys', () => {
  const spoofs: [why: string, name: string, other: string][] = [
    ['of one name', 'anna', 'anna'],
    ['apart by case', 'anna', 'ANNA'],
    ['apart by compatibility forms', 'anna', 'ａｎｎａ'],
    ['apart by composition', 'zoé', 'zoe\u0301'],
    ['apart by a zero-width space', 'anna', 'an\u200bna'],
    ['apart by a zero-width joiner', 'anna', 'an\u200dna'],
    ['apart by a bidi override', 'anna', '\u202eanna'],
    ['apart by a tag character', 'anna', 'anna\u{e0041}'],
    ['apart by one letter of another script', 'anna', 'аnna'],
    ['apart by l and 1', 'paul', 'pau1'],
    ['apart by l and I', 'paul', 'pauI'],
    ['apart by O and 0', 'otto', '0tt0'],
    ['apart by m and rn', 'emma', 'ernma'],
    ['apart by the whole script', 'caper', 'сарег'],
    ['apart by the whole script, look-alike', 'coco', 'сосо'],
    ['apart by a space', 'anna', 'anna '],
    ['one posing as a label', 'anna~k3f9', 'anna'],
  ]
  it.each(spoofs)('%s never look the same', (_why, name, other) => {
    for (const [first, second] of [
      [name, other],
      [other, name],
    ] as const) {
      const labels = personLabels()
      const shown = [labels.meet(a, first), labels.meet(b, second)]
      expect(skeleton(shown[0]!)).not.toBe(skeleton(shown[1]!))
      for (const label of shown) expect(label).not.toMatch(/[\p{Cf}\p{Cc}\s]/u)
    }
  })

  it('never look the same where one takes the start of the other’s key as its name', () => {
    const labels = personLabels()
    expect(labels.label(a)).toBe(a.slice(0, 8))
    expect(labels.meet(b, a.slice(0, 8))).not.toBe(a.slice(0, 8))
  })

  it('never look the same, nor does one label ever pass from one key to another, whatever happens', () => {
    const people = [a, b, c, like(b, 5), like(b, 9), like(a, 8)]
    const names = ['anna', 'Anna', 'аnna', 'an\u200bna', 'bert', 'b~x', undefined]
    const step = fc.record({ who: fc.nat(5), name: fc.constantFrom(...names), restart: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let labels = personLabels()
        let met = new Set<PersonKey>()
        const shown = new Map<string, PersonKey>()
        for (const { who, name, restart } of steps) {
          if (restart) {
            labels = personLabels(labels.saved())
            met = new Set()
          }
          labels.meet(people[who]!, name)
          met.add(people[who]!)
          for (const person of met) {
            const look = skeleton(labels.label(person))
            expect(shown.get(look) ?? person).toBe(person)
            shown.set(look, person)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a typed name', () => {
  it('means who goes by it, in any case and with or without @', () => {
    const labels = personLabels()
    labels.meet(a, 'Anna')
    for (const typed of ['Anna', 'anna', '@ANNA'])
      expect(labels.resolve(typed)).toEqual({ is: 'one', key: a })
  })

  it('is ambiguous where two go by it, until a handle says which', () => {
    const labels = personLabels()
    labels.meet(a, 'anna')
    labels.meet(b, 'anna')
    labels.meet(like(a, 7), 'anna')
    expect(labels.resolve('anna')).toEqual({ is: 'ambiguous', keys: [a, b, like(a, 7)] })
    for (const person of [a, b, like(a, 7)]) {
      expect(labels.resolve(labels.handle(person))).toEqual({ is: 'one', key: person })
    }
    expect(labels.resolve(labels.label(b))).toEqual({ is: 'one', key: b })
  })

  it('is ambiguous where another looks like it', () => {
    const labels = personLabels()
    labels.meet(a, 'coco')
    labels.meet(b, 'сосо')
    expect(labels.resolve('coco')).toEqual({ is: 'ambiguous', keys: [a, b] })
  })

  it('of two rooms means the one that is shown plain', () => {
    const labels = roomLabels()
    const [one, two] = ['1'.repeat(32), '2'.repeat(32)] as [RoomId, RoomId]
    labels.meet(one, 'lab')
    const other = labels.meet(two, 'lab')
    expect(labels.resolve('lab')).toEqual({ is: 'one', key: one })
    expect(labels.resolve(other)).toEqual({ is: 'one', key: two })
  })

  it('does not mean who only looks like it', () => {
    const labels = personLabels()
    labels.meet(a, 'amy')
    expect(labels.resolve('arny')).toEqual({ is: 'unknown', near: 'amy' })
  })

  it('may be an id, or a start of it that is one person’s', () => {
    const labels = personLabels()
    const twin = like(a, 10)
    labels.meet(a, 'anna')
    labels.meet(twin, 'bert')
    expect(labels.resolve(a)).toEqual({ is: 'one', key: a })
    expect(labels.resolve(a.slice(0, 12).toUpperCase())).toEqual({ is: 'one', key: a })
    expect(labels.resolve(a.slice(0, 10))).toEqual({ is: 'ambiguous', keys: [a, twin] })
    expect(labels.resolve(a.slice(0, 7)).is).toBe('unknown')
    expect(labels.resolve(c).is).toBe('unknown')
  })

  it('is ambiguous where it is one’s name and the start of another’s id', () => {
    const labels = personLabels()
    labels.meet(a, 'anna')
    labels.meet(b, a.slice(0, 8))
    expect(labels.resolve(a.slice(0, 8)).is).toBe('ambiguous')
  })

  it('that nobody has comes with the nearest label', () => {
    const labels = personLabels()
    labels.meet(a, 'anna')
    labels.meet(b, 'bert')
    expect(labels.resolve('ana')).toEqual({ is: 'unknown', near: 'anna' })
    expect(labels.resolve('xyz')).toEqual({ is: 'unknown' })
    expect(labels.resolve('')).toEqual({ is: 'unknown' })
    expect(labels.resolve('anna~').is).toBe('unknown')
  })
})

describe('the nearest name', () => {
  it.each([
    ['ana', ['bert', 'anna'], 'anna'],
    ['be', ['anna', 'bertram'], 'bertram'],
    ['brt', ['bertram', 'bert'], 'bert'],
    ['x', ['anna'], undefined],
    ['quit', [], undefined],
  ])('of %s among %s is %s', (word, names, near) => {
    expect(nearest(word, names)).toBe(near)
  })
})
