/**
 * Servers from Debian packages, unpacked beside the build and not installed: installing would start them as services, and
 * needs root. What cannot be had is told, never passed over in silence.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { PROJECT } from '../program.ts'

const FOLDER = `${PROJECT}.bench/debian`
const PACKAGES = ['ngircd', 'inspircd', 'mosquitto', 'nats-server', 'redis-server']

export const PLACES = [`${FOLDER}/usr/sbin`, `${FOLDER}/usr/bin`, '/usr/sbin', '/usr/bin', '/usr/local/bin']

/** Environment for a program of these packages: their libraries lie beside them. */
export const DEBIAN_ENV = {
  ...process.env,
  LD_LIBRARY_PATH: [
    `${FOLDER}/usr/lib/${triplet()}`,
    `${FOLDER}/lib/${triplet()}`,
    process.env.LD_LIBRARY_PATH,
  ]
    .filter(Boolean)
    .join(':'),
}

/** The path of a server's program, fetched when missing; undefined where it cannot be had, with the reason on stderr. */
export function programOf(name: string): string | undefined {
  const found = () => PLACES.map((place) => `${place}/${name}`).find((path) => existsSync(path))
  if (found() === undefined) fetchOnce()
  const path = found()
  if (path === undefined)
    process.stderr.write(`LEFT OUT: ${name} is not installed and could not be fetched\n`)
  return path
}

/** The folder of InspIRCd's modules. */
export const modulesOf = (name: string): string =>
  [`${FOLDER}/usr/lib`, '/usr/lib']
    .map((place) => `${place}/${name}/modules`)
    .find((path) => existsSync(path)) ?? ''

let tried = false
function fetchOnce(): void {
  if (tried) return
  tried = true
  const archives = `${FOLDER}/archives`
  mkdirSync(`${archives}/partial`, { recursive: true })
  const options = [
    '-y',
    '-qq',
    '--download-only',
    '--no-install-recommends',
    '-o',
    `Dir::Cache::archives=${archives}`,
  ]
  try {
    execFileSync('apt-get', ['install', ...options, ...PACKAGES], { stdio: ['ignore', 'ignore', 'pipe'] })
    for (const file of readdirSync(archives))
      if (file.endsWith('.deb')) execFileSync('dpkg', ['-x', `${archives}/${file}`, FOLDER])
  } catch (error) {
    process.stderr.write(
      `Debian packages could not be fetched: ${error instanceof Error ? error.message : error}\n`,
    )
  }
}

function triplet(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
}
