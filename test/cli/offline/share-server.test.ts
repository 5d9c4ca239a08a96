import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  SHARE_LIMITS,
  type Share,
  type ShareOptions,
  startShare,
} from '../../../src/cli/offline/share-server.ts'

const offered = {
  file: 'lanchat-1.2.3-offline.tgz',
  version: '1.2.3',
  // More than the buffers between two sockets hold, so that a reader that stops is noticed.
  bytes: new Uint8Array(16 * 1024 * 1024).fill(7),
  sha256: 'ab'.repeat(32),
}
let share: Share | undefined
afterEach(() => share?.close())

async function start(more: Partial<ShareOptions> = {}): Promise<string> {
  share = await startShare({ offered, host: '127.0.0.1', port: 0, ...more })
  return `http://127.0.0.1:${share.port}`
}

describe('sharing', () => {
  it('shows a page with what to type and the hash to compare', async () => {
    const url = await start()
    const response = await fetch(url)
    const page = await response.text()
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page).toContain(`curl -O ${url}/${offered.file}`)
    expect(page).toContain(`npm install --global --offline --ignore-scripts ./${offered.file}`)
    expect(page).toContain(offered.sha256)
    expect(await (await fetch(`${url}/SHA256SUMS`)).text()).toBe(`${offered.sha256}  ${offered.file}\n`)
  })

  it('gives the package whole, and tells who has it', async () => {
    let tell = (_: string) => {}
    const told = new Promise<string>((resolve) => {
      tell = resolve
    })
    const url = await start({ onDownload: (address) => tell(address) })
    const bytes = new Uint8Array(await (await fetch(`${url}/${offered.file}`)).arrayBuffer())
    expect(Buffer.compare(bytes, offered.bytes)).toBe(0)
    expect(await told).toBe('127.0.0.1')
  })

  it.each([
    '/package.json',
    '/../package.json',
    '/%2e%2e/etc/passwd',
    `//${offered.file}`,
    `/${offered.file}?x`,
  ])('knows no other path: %s', async (path) => {
    const url = new URL(await start())
    const asked = request({ host: url.hostname, port: url.port, path }).end()
    const [response] = await once(asked, 'response')
    response.resume()
    expect(response.statusCode).toBe(404)
  })

  it('takes nothing but GET and HEAD', async () => {
    const url = await start()
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405)
    expect((await fetch(`${url}/${offered.file}`, { method: 'HEAD' })).headers.get('content-length')).toBe(
      String(offered.bytes.length),
    )
  })

  it('serves only so many downloads at a time, and gives up on one that stops', async () => {
    const url = await start({ limits: { ...SHARE_LIMITS, downloadsMax: 1, stallMsMax: 300 } })
    const { port } = new URL(url)
    const stuck = connect(Number(port), '127.0.0.1')
    stuck.write(`GET /${offered.file} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(stuck, 'readable')
    const refused = await fetch(`${url}/${offered.file}`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await fetch(url)).status).toBe(200)
    stuck.on('error', () => {})
    let status = 503
    while (status === 503) status = (await fetch(`${url}/${offered.file}`, { method: 'HEAD' })).status
    expect(status).toBe(200)
    stuck.destroy()
  })

  it('repeats no strange name that a visitor called it by', async () => {
    const url = new URL(await start())
    const asked = request({ host: url.hostname, port: url.port, headers: { Host: 'a"><script>' } }).end()
    const [response] = await once(asked, 'response')
    let page = ''
    for await (const chunk of response) page += chunk
    expect(page).not.toContain('script>')
    expect(page).toContain(`http://127.0.0.1:${url.port}/`)
  })

  it.runIf(process.platform === 'linux')(
    'has room for others, however much one address asks for',
    async () => {
      const url = new URL(await start())
      const greedy = Array.from({ length: SHARE_LIMITS.connectionsMax }, () =>
        connect({ host: url.hostname, port: Number(url.port), localAddress: '127.0.0.2' }),
      )
      const heard = greedy.map(
        (socket) =>
          new Promise<void>((resolve) => socket.on('readable', resolve).on('close', () => resolve())),
      )
      for (const socket of greedy) {
        socket.on('error', () => {})
        socket.write(`GET /${offered.file} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3))
      }
      await Promise.all(heard)
      expect((await fetch(`${url}${offered.file}`, { method: 'HEAD' })).status).toBe(200)
      for (const socket of greedy) socket.destroy()
    },
  )

  it('gives up on a request that is not whole in time, however often it moves', async () => {
    const url = new URL(await start({ limits: { ...SHARE_LIMITS, requestMsMax: 400 } }))
    const slow = connect(Number(url.port), url.hostname)
    slow.on('error', () => {})
    slow.write('GET / HTTP/1.1\r\n')
    const drip = setInterval(() => slow.write('x: y\r\n'), 100)
    await once(slow, 'close')
    clearInterval(drip)
  })
})
