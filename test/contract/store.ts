/** What every store keeps to; run on the memory store and on LevelDB. */
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { ScanRange, Store, StoreOp } from '../../src/node/store.ts'

/** Opens an empty store. */
export type OpenStore = () => Promise<Store>

const bytes = (...values: number[]) => Uint8Array.from(values)
const put = (key: string, ...values: number[]): StoreOp => ['put', key, bytes(...values)]
const del = (key: string): StoreOp => ['del', key]
const ALL: ScanRange = { from: '', to: '~' }

async function entries(store: Store, range: ScanRange = ALL): Promise<[string, number[]][]> {
  const out: [string, number[]][] = []
  for await (const [key, value] of store.scan(range)) out.push([key, [...value]])
  return out
}
const keys = async (store: Store, range?: ScanRange) => (await entries(store, range)).map(([key]) => key)

export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} as a store`, () => {
    const opened: Store[] = []
    const start = async () => {
      const store = await open()
      opened.push(store)
      return store
    }
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()))
    })

    it('has nothing at first', async () => {
      const store = await start()
      expect(store.get('e00')).toBeUndefined()
      expect(await entries(store)).toEqual([])
    })

    it.each(['u00h1', 'e0', 'E00', ''])(
      'refuses a batch with %j, which is no key, and goes on',
      async (key) => {
        const store = await start()
        await expect(store.write([put('e01', 1), put(key, 2)], true)).rejects.toThrow(TypeError)
        expect(await keys(store)).toEqual([])
        await store.write([put('e02', 1)], true)
        expect(await keys(store)).toEqual(['e02'])
      },
    )

    it('shows a write to get at once, before it is on disk', async () => {
      const store = await start()
      const written = store.write([put('e01', 1, 2)], true)
      expect([...store.get('e01')!]).toEqual([1, 2])
      await written
      expect([...store.get('e01')!]).toEqual([1, 2])
    })

    it('shows a write to scan at once', async () => {
      const store = await start()
      const written = store.write([put('e02', 2), put('e01', 1)], false)
      expect(await keys(store)).toEqual(['e01', 'e02'])
      await written
    })

    it('hides a deleted key at once, also one that is only staged', async () => {
      const store = await start()
      await store.write([put('e01', 1)], false)
      const writes = [
        store.write([del('e01'), put('e02', 2)], false),
        store.write([del('e02')], false),
        store.write([del('e03')], false),
      ]
      expect(store.get('e01')).toBeUndefined()
      expect(store.get('e02')).toBeUndefined()
      await Promise.all(writes)
      expect(await keys(store)).toEqual([])
    })

    it('keeps the order of writes and of the operations in one', async () => {
      const store = await start()
      const writes = [
        store.write([put('e01', 1), del('e01'), put('e01', 2)], false),
        store.write([put('e01', 3)], true),
        store.write([put('e01', 4), put('e01', 5)], false),
      ]
      expect([...store.get('e01')!]).toEqual([5])
      await Promise.all(writes)
      expect(await entries(store)).toEqual([['e01', [5]]])
    })

    it('resolves writes in the order in which they were asked for', async () => {
      const store = await start()
      const order: number[] = []
      await Promise.all(
        [0, 1, 2, 3, 4].map((n) => store.write([put('e01', n)], n % 2 === 0).then(() => order.push(n))),
      )
      expect(order).toEqual([0, 1, 2, 3, 4])
    })

    it('takes an empty write and an empty value', async () => {
      const store = await start()
      await store.write([], true)
      await store.write([put('e01')], false)
      expect(store.get('e01')).toEqual(new Uint8Array(0))
      expect(await entries(store)).toEqual([['e01', []]])
    })

    it('scans from the first key, included, to the last, excluded, forwards and in reverse, up to a limit', async () => {
      const store = await start()
      await store.write(
        ['b05', 'e01', 'e02', 'e03', 'f01'].map((key) => put(key, 1)),
        false,
      )
      expect(await keys(store, { from: 'e01', to: 'e03' })).toEqual(['e01', 'e02'])
      expect(await keys(store, { from: 'e', to: 'f' })).toEqual(['e01', 'e02', 'e03'])
      expect(await keys(store, { from: 'e', to: 'f', limit: 2 })).toEqual(['e01', 'e02'])
      expect(await keys(store, { from: 'e', to: 'f', reverse: true, limit: 2 })).toEqual(['e03', 'e02'])
      expect(await keys(store, { from: 'e', to: 'f', limit: 0 })).toEqual([])
      for (const page of [1, 2, 3, 99]) {
        expect(await keys(store, { from: 'e', to: 'f', page })).toEqual(['e01', 'e02', 'e03'])
        expect(await keys(store, { from: 'e', to: 'f', limit: 2, page })).toEqual(['e01', 'e02'])
      }
      expect(await keys(store, { from: 'f', to: 'e' })).toEqual([])
    })

    it('takes half a byte or a sign above all hex as the bound of a scan', async () => {
      const store = await start()
      await store.write(
        ['e0fff', 'e1000', 'e1fff', 'e2000', 'effff', 'mage', 'mplace'].map((key) => put(key, 1)),
        false,
      )
      expect(await keys(store, { from: 'e1', to: 'e1~' })).toEqual(['e1000', 'e1fff'])
      expect(await keys(store, { from: 'e0f', to: 'e10' })).toEqual(['e0fff'])
      expect(await keys(store, { from: 'ef', to: 'e~' })).toEqual(['effff'])
      expect(await keys(store, { from: 'ma', to: 'mb' })).toEqual(['mage'])
    })

    it('ends a scan that its reader leaves early', async () => {
      const store = await start()
      await store.write(
        Array.from({ length: 600 }, (_, i) => put(`e${i.toString(16).padStart(4, '0')}`, 1)),
        false,
      )
      for await (const [key] of store.scan(ALL)) if (key === 'e0003') break
      expect((await keys(store)).length).toBe(600)
    })

    it('closes twice without harm and refuses writes and scans afterwards', async () => {
      const store = await start()
      const written = store.write([put('e01', 1)], false)
      await store.close()
      await store.close()
      await written
      await expect(store.write([put('e02', 1)], false)).rejects.toThrow()
      await expect(keys(store)).rejects.toThrow()
    })

    it('answers as a sorted map does, whatever is written', async () => {
      const key = fc
        .tuple(fc.constantFrom('e', 'b', 'o'), fc.uint8Array({ minLength: 0, maxLength: 2 }))
        .map(([letter, rest]) => letter + Buffer.from(rest).toString('hex'))
      const bound = fc.oneof(
        key,
        fc.stringMatching(/^[beo][0-9a-f~A:]{0,4}$/),
        fc.constantFrom('', 'a', 'f', '~'),
      )
      const op = fc.oneof(
        fc.tuple(fc.constant('put' as const), key, fc.uint8Array({ maxLength: 3 })),
        fc.tuple(fc.constant('del' as const), key),
      )
      const act = fc.oneof(
        fc.record({ ops: fc.array(op, { maxLength: 8 }), sync: fc.boolean(), wait: fc.boolean() }),
        fc.record({
          from: bound,
          to: bound,
          reverse: fc.boolean(),
          limit: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
        }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
          const store = await open()
          try {
            const model = new Map<string, number[]>()
            for (const step of acts) {
              if ('ops' in step) {
                const written = store.write(step.ops, step.sync)
                for (const [kind, name, value] of step.ops) {
                  if (kind === 'put') model.set(name, [...value])
                  else model.delete(name)
                }
                if (step.wait) await written
                for (const [, name] of step.ops) {
                  const value = store.get(name)
                  expect(value && [...value]).toEqual(model.get(name))
                }
              } else {
                const { limit, ...range } = step
                const got = await entries(store, limit === undefined ? range : { ...range, limit })
                const inRange = [...model].filter(([name]) => name >= range.from && name < range.to)
                inRange.sort(([a], [b]) => (a < b ? -1 : 1))
                if (range.reverse) inRange.reverse()
                expect(got).toEqual(inRange.slice(0, limit))
              }
            }
          } finally {
            await store.close()
          }
        }),
        { numRuns: 60 },
      )
    })
  })
}
