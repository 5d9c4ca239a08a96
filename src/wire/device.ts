/** What a further key of a person signs to agree that it is one (rule DV-1). */
import { concat, fromHex, utf8 } from './bytes.ts'
import type { Crypto, Signer } from './crypto.ts'
import { type PersonKey, tagged } from './ids.ts'

const message = (person: PersonKey, device: PersonKey) =>
  concat(utf8('lanchat/device/1'), fromHex(person), fromHex(device))

/** The device agrees to be that person's. */
export const signCounter = (device: Signer, key: PersonKey, person: PersonKey): Uint8Array =>
  device.sign(message(person, key))

export const verifyCounter = (
  crypto: Crypto,
  counter: Uint8Array,
  person: PersonKey,
  device: PersonKey,
): boolean => crypto.verify(message(person, device), counter, fromHex(device))

/** What both screens show, so that nobody else's key is linked by mistake: bits of it become words. */
export const linkCodeBytes = (crypto: Crypto, person: PersonKey, device: PersonKey): Uint8Array =>
  tagged(crypto, 'lanchat/link-code/1', fromHex(person), fromHex(device))
