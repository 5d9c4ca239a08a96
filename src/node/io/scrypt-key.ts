/** A key from words that people remember. */
import { scrypt } from 'node:crypto'

/** 32 bytes by scrypt with r 8; takes 1024 N bytes of memory, p times one after another. */
export function scryptKey(secret: Uint8Array, salt: Uint8Array, N: number, p = 1): Promise<Uint8Array> {
  const r = 8
  return new Promise((resolve, reject) => {
    // Node refuses more than 32 MiB unless told; scrypt needs 128 N r and 128 p r and a little.
    scrypt(secret, salt, 32, { N, r, p, maxmem: 256 * (N + p) * r }, (error, key) =>
      error ? reject(error) : resolve(new Uint8Array(key)),
    )
  })
}
