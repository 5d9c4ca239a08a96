/** A certificate of this run for servers that need one: P-256, signed by itself; nobody checks it. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { PROJECT } from '../program.ts'

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
}

const DAYS = 3650

/** Made once, below `.bench/`. Throws where openssl is missing. */
export function certificate(): Certificate {
  const folder = `${PROJECT}.bench/tls`
  const made = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` }
  if (existsSync(made.cert)) return made
  mkdirSync(folder, { recursive: true })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const name = ['-subj', '/CN=bench.test', '-days', `${DAYS}`]
  execFileSync('openssl', ['req', '-x509', ...curve, ...name, '-keyout', made.key, '-out', made.cert], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return made
}
