/** What the wire needs of cryptography. The shell brings it: node:crypto on nodes, tweetnacl in the page. */
export interface Crypto {
  /** H(): the first 32 bytes of SHA-512 (FIPS 180-4). */
  hash(data: Uint8Array): Uint8Array
  /** The same as lower-case hex. */
  hashHex(data: Uint8Array): string
  /** Is it what stands in `bytes` from `at` on? Not constant time: never used on secrets. */
  isHash(data: Uint8Array, bytes: Uint8Array, at: number): boolean
  /** Strict Ed25519 (RFC 8032) check of a 64-byte signature; false, never a throw, for wrong sizes, S >= L, weak keys. */
  verify(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean
  /** The X25519 public key (RFC 7748) of a 32-byte secret key. */
  boxPublicKey(secretKey: Uint8Array): Uint8Array
  /** n bytes from the system's generator. */
  random(n: number): Uint8Array
}

/** A key pair that signs. `key` is the person's id in bytes. */
export interface Signer {
  readonly key: Uint8Array
  sign(message: Uint8Array): Uint8Array
}
