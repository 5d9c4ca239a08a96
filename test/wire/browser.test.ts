/** The wire as a page gets it: bundled for browsers, without anything of Node. */
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { expect, it } from 'vitest'
import type * as Wire from '../../src/wire/index.ts'
import type * as NaclCrypto from '../../src/wire/nacl-crypto.ts'
import { vectorFile } from '../vectors/json.ts'

const pathOf = (file: string) => fileURLToPath(new URL(`../../src/wire/${file}`, import.meta.url))
const ENTRY = '\0page'

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'page',
        resolveId: (id) => (id.endsWith('page-of-the-wire') ? ENTRY : undefined),
        load: (id) =>
          id === ENTRY
            ? `export * from '${pathOf('index.ts')}'; export * from '${pathOf('nacl-crypto.ts')}'`
            : undefined,
      },
    ],
    build: {
      write: false,
      minify: false,
      lib: { entry: 'page-of-the-wire', formats: ['es'], fileName: 'page' },
    },
  })
  const outputs = [built].flat().flatMap((result) => ('output' in result ? result.output : []))
  return outputs.map((output) => (output.type === 'chunk' ? output.code : '')).join('')
}

it('bundles for browsers, decodes frames and verifies runs there', async () => {
  const code = await bundle()
  expect(code).not.toMatch(/from ['"]node:|require\(['"]node:/)
  const page: typeof Wire & typeof NaclCrypto = await import(
    `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  )
  const { good } = vectorFile<{ good: { type: string; fields: object; bytes: Uint8Array }[] }>('frames.json')
  for (const { type, fields, bytes } of good) expect(page.decodeFrame(bytes)).toEqual({ type, ...fields })
  const { net, good: runs } = vectorFile<{ net: Uint8Array; good: { run: Wire.Run }[] }>('events.json')
  const parsed = page.parseRun(page.naclCrypto, page.netId(net), runs[0]!.run)
  if (typeof parsed === 'string') throw new Error(parsed)
  expect(page.verifyRun(page.naclCrypto, parsed)).toBe(parsed)
})
