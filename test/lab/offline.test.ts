/** The package for machines without internet, on machines without any network; and handed from one host to another. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createLab, describeInLab } from './hosts.ts'
import { MAIN } from './lanchat.ts'

const dir = mkdtempSync(join(tmpdir(), 'lanchat-offline-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
/** Others by LANCHAT_TEST_NODES, paths apart by commas. */
const nodes = [process.execPath, ...(process.env.LANCHAT_TEST_NODES?.split(',') ?? [])]
const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())

let file = ''
beforeAll(() => {
  execFileSync(process.execPath, [MAIN, 'pack', `${dir}/`], { stdio: 'pipe' })
  file = join(dir, readdirSync(dir).find((name) => name.endsWith('-offline.tgz'))!)
})

describeInLab('the offline package', () => {
  it.each(nodes)(
    'installs with an empty cache and no interface but lo, runs, and packs the same archive again: %s',
    (node) => {
      const home = mkdtempSync(join(dir, 'home-'))
      const env = {
        PATH: `${dirname(node)}:${process.env.PATH}`,
        HOME: home,
        npm_config_cache: join(home, 'cache'),
        npm_config_prefix: join(home, 'prefix'),
        npm_config_userconfig: join(home, 'npmrc'),
        npm_config_update_notifier: 'false',
      }
      const alone = (...words: string[]) =>
        execFileSync('unshare', ['-n', 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh', ...words], {
          env,
          encoding: 'utf8',
          input: 'hello\n',
          stdio: ['pipe', 'pipe', 'pipe'],
        })
      alone(node, npm, 'install', '--global', '--offline', '--ignore-scripts', file)
      const lanchat = join(home, 'prefix', 'bin', 'lanchat')
      const out = alone(lanchat, '--json', '--no-discovery', '--interface', '127.0.0.1', '--port', '0')
      expect(out).toContain('"state":"stored"')
      const again = join(home, 'again')
      mkdirSync(again)
      const packed = JSON.parse(alone(lanchat, 'pack', again, '--json'))
      expect(packed.sha256).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'))
    },
  )

  it('is shared with a neighbour, who gets the very same bytes', async () => {
    const lab = createLab('shr')
    try {
      const [ann, bob] = [lab.host('ann'), lab.host('bob')]
      const sharing = lab.spawn(ann, ['node', MAIN, 'share', '--json'], { env: { HOME: dir } })
      const told = JSON.parse(sharing.lines[await sharing.find((line) => line.includes('"share"'))]!)
      expect(told.urls[0]).toContain(ann.address)
      const fetching = `const [url] = process.argv.slice(1)
        const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
        console.log(require('node:crypto').createHash('sha256').update(bytes).digest('hex'))`
      const script = `(async () => { ${fetching} })()`
      const got = lab.spawn(bob, ['node', '-e', script, `${told.urls[0]}${told.file}`])
      await got.exited
      expect(got.lines).toEqual([told.sha256])
      await sharing.find((line) => line.includes('"download"') && line.includes(bob.address))
      expect(await sharing.kill('SIGINT')).toMatchObject({ code: 130 })
    } finally {
      await lab.close()
    }
  })
})
