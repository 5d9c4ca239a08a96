/**
 * Makes the test vectors: every file of this folder that ends in .json, as data for clients in other languages.
 * Bytes are strings of hex after `0x`; everything else is JSON as it is. Three persons: anna, bert, carl, whose seeds
 * are 32 times the byte 1, 2, 3. test/wire/vectors.test.ts checks that the files are what this makes, and writes them
 * when LANCHAT_WRITE_VECTORS is set.
 */

import { authMessage, openHandshake } from '../../src/wire/auth.ts'
import { signBeacon } from '../../src/wire/beacon.ts'
import { concat, fromHex, hex, uint, utf8 } from '../../src/wire/bytes.ts'
import { encodeBody, encodeFrame, packValue } from '../../src/wire/codec.ts'
import { skeleton } from '../../src/wire/confusable.ts'
import { doorOf, doorTag, signEntry } from '../../src/wire/door.ts'
import {
  bodyHashOf,
  type Draft,
  encodeHeader,
  type Header,
  type ParsedRun,
  packRun,
  type Run,
  runMessage,
  signRun,
  signTombstone,
} from '../../src/wire/event.ts'
import { fingerprintWords } from '../../src/wire/fingerprint.ts'
import { type Frame, frameTable } from '../../src/wire/frames.ts'
import {
  eventId,
  gateKeyOf,
  generalRoom,
  instanceName,
  type LaneId,
  laneId,
  madeRoom,
  NETWORK_ROOM,
  nameHint,
  networkId,
  personKey,
  pskOf,
  talkRoom,
} from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { naclCrypto as crypto, naclSigner } from '../../src/wire/nacl-crypto.ts'
import { checkNick } from '../../src/wire/name.ts'
import { openSealedChannel } from '../../src/wire/sealed-channel.ts'
import { signWitness, witnessMessage } from '../../src/wire/witness.ts'
import { bucketDigest, packEntry, roomDigest } from '../../src/node/lanes.ts'
import { hostileMsgpack } from './hostile.ts'
import { signatureVectors } from './signatures.ts'
import { endOf, type NextRun, nextRun } from '../../src/wire/next-run.ts'
import { type ShortRun, shortRun } from '../../src/wire/short-run.ts'

const fill = (n: number, byte: number) => new Uint8Array(n).fill(byte)
/** 0, 1, 2 ...: bytes that show a wrong order. */
const rising = (n: number, from = 0) => Uint8Array.from({ length: n }, (_, i) => (from + i) & 0xff)

const anna = naclSigner(fill(32, 1))
const bert = naclSigner(fill(32, 2))
const carl = naclSigner(fill(32, 3))
const annaKey = personKey(anna.key)
const bertKey = personKey(bert.key)

const openSpec = { name: 'lan', codeKey: fill(32, 0), hasCode: false, retentionDays: 180 }
const codeSpec = { name: 'physics', codeKey: rising(32), hasCode: true, retentionDays: 180 }
const ownedSpec = { ...codeSpec, ownerKey: carl.key, retentionDays: 30 }
const net = networkId(crypto, openSpec)
const general = generalRoom(crypto, net)
const T = 1_800_000_000_000
const content = laneId(concat(uint(Math.floor(T / (15 * 86_400_000)), 4), fill(4, 0xc1)))
const control = laneId(concat(fill(1, 0x80), fill(7, 0xc0)))
const START = eventId(new Uint8Array(32))
const salt = (n: number) => fill(16, 0xa0 + n)

/** Every file's value by its name. */
export function makeVectors(): Record<string, unknown> {
  return {
    'ids.json': ids(),
    'kinds.json': kinds(),
    'events.json': events(),
    'tombstones.json': tombstones(),
    'frames.json': frames(),
    'live.json': live(),
    'msgpack.json': hostileMsgpack(),
    'auth.json': auth(),
    'seal.json': seal(),
    'beacon.json': beacon(),
    'witness.json': witness(),
    'digests.json': digests(),
    'names.json': names(),
    'ed25519.json': signatureVectors(),
  }
}

function ids() {
  const network = (spec: Parameters<typeof networkId>[1]) => {
    const id = networkId(crypto, spec)
    return { ...spec, net: fromHex(id), psk: pskOf(crypto, spec.codeKey), gateKey: gateKeyOf(crypto, spec.codeKey), general: fromHex(generalRoom(crypto, id)) }
  }
  return {
    people: { anna: person(1), bert: person(2), carl: person(3) },
    networks: { open: network(openSpec), code: network(codeSpec), owned: network(ownedSpec) },
    nameHint: { name: 'lan', hint: nameHint(crypto, 'lan') },
    rooms: {
      network: fromHex(NETWORK_ROOM),
      general: fromHex(general),
      made: { by: 'anna', salt: salt(1), room: fromHex(madeRoom(crypto, net, annaKey, salt(1))) },
      talk: { of: ['anna', 'bert'], room: fromHex(talkRoom(crypto, net, annaKey, bertKey)) },
    },
    door: door(),
    bodyHash: { body: utf8('body'), hash: fromHex(bodyHashOf(crypto, utf8('body'))) },
  }
}

/** What a code shows of itself, and the proof of who came in by it (RM-23). */
function door() {
  const { codeKey } = codeSpec
  const made = doorOf(crypto, codeKey)
  const proof = signEntry(crypto, codeKey, net, annaKey)
  return { codeKey, door: fromHex(made), tag: doorTag(made), net: fromHex(net), by: 'anna', proof }
}

function person(byte: number) {
  const { key } = naclSigner(fill(32, byte))
  const words = fingerprintWords(crypto, key).join(' ')
  return { seed: fill(32, byte), key, instance: instanceName(crypto, personKey(key)), words }
}

// --- bodies -------------------------------------------------------------------------------------------------------

const noTime = fill(6, 0)
const cut = concat(fromHex(content), uint(3, 4), rising(8))
const bodies: BodyValue[] = [
  { kind: 'message', text: 'hello', action: false, replyTo: null },
  { kind: 'message', text: 'waves — 👋', action: true, replyTo: rising(32) },
  { kind: 'edit', target: rising(32), text: 'hello, all' },
  { kind: 'reaction', target: rising(32), emoji: '👍', on: true },
  { kind: 'file', name: 'a.pdf', size: uint(70_000, 6), type: 'application/pdf', hash: rising(32), text: '' },
  { kind: 'create', type: 0, name: 'lab', topic: 'rockets', max: 0, persons: fill(0, 0) },
  { kind: 'create', type: 1, name: rising(48), topic: rising(48), max: 0, persons: concat(anna.key, bert.key) },
  { kind: 'create', type: 3, name: rising(48), topic: '', max: 0, persons: concat(anna.key, bert.key, carl.key) },
  { kind: 'delete', reason: '' },
  { kind: 'topic', topic: 'bigger rockets', reason: 'we grew' },
  { kind: 'role', target: bert.key, rank: 2, cut: fill(0, 0), lifts: fill(0, 0), reason: '' },
  { kind: 'role', target: bert.key, rank: 1, cut, lifts: fill(0, 0), reason: 'spam' },
  { kind: 'ban', target: bert.key, kick: false, cut, cuts: fill(0, 0), until: noTime, reason: 'spam' },
  { kind: 'ban', target: bert.key, kick: true, cut: fill(0, 0), cuts: concat(fromHex(general), cut), until: uint(T, 6), reason: '' },
  { kind: 'lift', lifts: rising(32), reason: 'sorry' },
  { kind: 'invite', persons: carl.key, reason: 'can help', isVoice: true },
  { kind: 'join', lifts: fill(0, 0) },
  { kind: 'leave' },
  { kind: 'key', keyId: rising(16), sealed: concat(bert.key, rising(48)) },
  { kind: 'profile', nick: 'anna', boxKey: rising(32), about: '' },
  { kind: 'device', device: bert.key, link: true, counter: bert.sign(concat(utf8('lanchat/device/1'), anna.key, bert.key)), cuts: fill(0, 0) },
  { kind: 'place', a: fill(8, 1), b: fill(8, 2) },
  { kind: 'hide', target: rising(32), hidden: true, reason: '' },
  { kind: 'settings', setting: 4, value: 30, persons: fill(0, 0), reason: 'slowly' },
  { kind: 'settings', setting: 3, value: 1, persons: concat(anna.key, bert.key), reason: '' },
  { kind: 'pin', target: rising(32), pinned: true, reason: 'the rules' },
  { kind: 'admit', persons: concat(anna.key, bert.key), lifts: rising(32), reason: 'back again' },
  { kind: 'newcode', door: rising(32), made: true, sealed: concat(anna.key, rising(48)), text: rising(256), former: rising(48), replaces: fill(32, 7), reason: 'it was on the web' },
  { kind: 'newcode', door: rising(32), made: false, sealed: concat(bert.key, rising(48)), text: fill(0, 0), former: fill(0, 0), replaces: fill(0, 0), reason: '' },
  { kind: 'entry', door: rising(32), proof: rising(64) },
  { kind: 'keyring', device: bert.key, keys: rising(32), sealed: rising(80) },
  { kind: 'erase', targets: rising(64) },
  { kind: 'mute', target: bert.key, cut, cuts: fill(0, 0), until: uint(T, 6), reason: 'caps' },
  { kind: 'block', on: true },
  { kind: 'look', part: 1, bytes: Uint8Array.of(0xff, 0x88, 0x00) },
  { kind: 'twin', seen: rising(32) },
  { kind: 'cut', cut, cuts: fill(0, 0) },
  { kind: 'unvoice', persons: concat(bert.key, carl.key), reason: 'spam' },
]

function kinds() {
  const good = bodies.map((value) => {
    const { kind, ...fields } = value
    return { kind, number: kindNumber(kind), fields, salt: salt(0), body: encodeBody(salt(0), value) }
  })
  const bad = (name: string, kind: BodyValue['kind'], value: unknown) => ({
    name,
    kind,
    number: kindNumber(kind),
    body: concat(salt(0), packValue(value)),
  })
  return {
    good,
    later: {
      name: 'fields after the known ones are ignored',
      kind: 'topic',
      number: kindNumber('topic'),
      body: concat(salt(0), packValue(['t', 'why', 7, [null]])),
      fields: { topic: 't', reason: 'why' },
    },
    earlier: {
      name: 'a field that came later is as if it were empty where it is absent',
      kind: 'newcode',
      number: kindNumber('newcode'),
      body: concat(salt(0), packValue([rising(32), false, fill(0, 0), fill(0, 0), fill(0, 0), fill(0, 0)])),
      fields: { door: rising(32), made: false, sealed: fill(0, 0), text: fill(0, 0), former: fill(0, 0), replaces: fill(0, 0), reason: '' },
    },
    bad: [
      bad('no array', 'message', 'hello'),
      bad('a field missing', 'message', ['hello', false]),
      bad('a text that is none', 'message', [7, false, null]),
      bad('an id of 31 bytes', 'edit', [fill(31, 0), 'x']),
      bad('a text of 8001 bytes', 'edit', [fill(32, 0), 'x'.repeat(8001)]),
      bad('part of a cut entry', 'role', [fill(32, 0), 1, fill(19, 0), fill(0, 0), '']),
      bad('a rank of 9 bits', 'role', [fill(32, 0), 256, fill(0, 0), fill(0, 0), '']),
      bad('257 persons', 'invite', [fill(257 * 32, 0)]),
      { name: 'bytes after the value', kind: 'leave', number: kindNumber('leave'), body: concat(salt(0), packValue([]), fill(1, 0xc0)) },
      { name: 'no value', kind: 'leave', number: kindNumber('leave'), body: salt(0) },
    ],
  }
}

// --- events -------------------------------------------------------------------------------------------------------

const draft = (value: BodyValue, i: number, t = T + i): Draft => ({
  kind: kindNumber(value.kind),
  at: t,
  t,
  body: encodeBody(salt(i), value),
})
const say = (text: string, i: number) => draft({ kind: 'message', text, action: false, replyTo: null }, i)
const lane = (over: { lane?: LaneId; n?: number; prev?: typeof START; room?: typeof general } = {}) => ({
  net,
  room: general,
  lane: content,
  n: 0,
  prev: START,
  ...over,
})
const single = signRun(crypto, anna, lane(), [say('hello', 0)])
const three = signRun(crypto, anna, lane(), [say('one', 0), say('two', 1), say('three', 2)])
const after = signRun(crypto, anna, lane({ n: 1, prev: single.events[0]!.id }), [say('again', 1)])
const joins = signRun(crypto, anna, lane({ lane: control }), [draft({ kind: 'join', lifts: fill(0, 0) }, 0)])
const later = signRun(crypto, anna, lane({ lane: control }), [{ kind: 0xff, at: 5, t: 6, body: concat(salt(0), packValue([1])) }])
const otherOne = signRun(crypto, anna, lane(), [say('hello from my clone', 0)])

function events() {
  const told = (name: string, run: ReturnType<typeof signRun>, packed = packRun(run)) => ({
    name,
    run: packed,
    signed: runMessage(run.events.at(-1)!.header),
    events: run.events.map(({ header, id, bodyLen, ...fields }) => ({
      ...fields,
      bodyHash: hex(header, 114, 146),
      bodyLen,
      id,
    })),
  })
  const threePacked = packRun(three)
  const base = { ...single.events[0]!, bodyHash: bodyHashOf(crypto, single.bodies[0]!) }
  const body = single.bodies[0]!
  /** A run of headers changed and signed again, so that just one rule is broken. */
  const broken = (name: string, fault: string, ...changes: Partial<Header>[]) => {
    const headers = changes.map((change) => encodeHeader({ ...base, ...change }))
    return bad(name, fault, {
      headers: concat(...headers),
      signature: anna.sign(runMessage(headers.at(-1)!)),
      bodies: headers.map(() => body),
    })
  }
  const bad = (name: string, fault: string, run: Run) => ({ name, fault, run })
  const packed = packRun(single)
  const secondOf = (change: Partial<Header>): Partial<Header> => ({ n: 2, prev: base.id, ...change })
  const small = { key: fill(32, 0), sign: () => concat(uint(1, 1), fill(63, 0)) }
  small.key[0] = 1
  const newer = concat(uint(2, 1), base.header.subarray(1))
  const tagless = anna.sign(base.header)
  return {
    net: fromHex(net),
    good: [
      told('one message', single),
      told('three in one run', three),
      told('a body dropped for its tombstone', three, { ...threePacked, bodies: [threePacked.bodies[0]!, null, threePacked.bodies[2]!] }),
      told('the second run of its lane', after),
      told('a control event', joins),
      told('a control kind of a later version', later),
    ],
    bad: [
      bad('a header of version 2', 'newer', { ...packed, headers: newer, signature: anna.sign(runMessage(newer)) }),
      bad('a header of 150 bytes in version 2', 'newer', { ...packed, headers: concat(newer, fill(1, 0)) }),
      bad('no header', 'size', { headers: fill(0, 0), signature: fill(64, 0), bodies: [] }),
      bad('a header of 148 bytes', 'size', { ...packed, headers: packed.headers.subarray(0, 148) }),
      bad('two bodies for one header', 'size', { ...packed, bodies: [body, body] }),
      bad('a signature of 63 bytes', 'size', { ...packed, signature: fill(63, 0) }),
      broken('another network', 'network', { net: networkId(crypto, codeSpec) }),
      broken('n = 0', 'number', { n: 0 }),
      broken('the first with a prev', 'number', { prev: base.id }),
      broken('the second without a prev', 'number', { n: 2 }),
      broken('at after t', 'time', { at: T + 1 }),
      broken('a control kind in a content lane', 'lane-class', { kind: 0x88 }),
      broken('a content kind in a control lane', 'lane-class', { lane: control }),
      broken('t outside of the period', 'period', { t: T + 16 * 86_400_000 }),
      broken('n skips one', 'chain', {}, secondOf({ n: 3 })),
      broken('prev is another id', 'chain', {}, secondOf({ prev: otherOne.events[0]!.id })),
      broken('another lane', 'chain', {}, secondOf({ lane: laneId(concat(fromHex(content).subarray(0, 4), fill(4, 9))) })),
      broken('another room', 'chain', {}, secondOf({ room: NETWORK_ROOM })),
      broken('another author', 'chain', {}, secondOf({ author: bertKey })),
      broken('a body longer than told', 'body-size', { bodyLen: base.bodyLen - 1 }),
      broken('a body of 15 bytes', 'body-size', { bodyLen: 15 }),
      broken('a body above 32 KiB', 'body-size', { bodyLen: 32_769 }),
      broken('a body that is another', 'body-hash', { bodyHash: '0'.repeat(64) }),
      bad('one bit of the signature', 'signature', { ...packed, signature: concat(uint(packed.signature[0]! ^ 1, 1), packed.signature.subarray(1)) }),
      bad("another's signature", 'signature', { ...packed, signature: bert.sign(runMessage(base.header)) }),
      bad('a signature without its tag', 'signature', { ...packed, signature: tagless }),
      bad('a key of small order', 'signature', packRun(signRun(crypto, small, lane(), [say('hello', 0)]))),
    ],
    fork: {
      name: 'two signed events at n = 1 of one lane: the lane ends before n = 1',
      a: { headers: base.header, signature: single.signature },
      b: { headers: otherOne.events[0]!.header, signature: otherOne.signature },
    },
  }
}

function tombstones() {
  const good = signTombstone(anna, single.events[0]!)
  const bad = (name: string, bytes: Uint8Array) => ({ name, bytes })
  const signed = (head: Uint8Array) => concat(head, anna.sign(concat(utf8('lanchat/del/1'), head)))
  const head = good.bytes.slice(0, 100)
  const changed = (at: number, part: Uint8Array) => {
    const copy = head.slice()
    copy.set(part, at)
    return signed(copy)
  }
  return {
    net: fromHex(net),
    good: { of: 'one message', bytes: good.bytes, signed: concat(utf8('lanchat/del/1'), head) },
    bad: [
      bad('163 bytes', good.bytes.slice(0, 163)),
      bad('another network', changed(0, fill(8, 1))),
      bad('a control lane', changed(56, fromHex(control))),
      bad('n = 0', changed(64, uint(0, 4))),
      bad('one bit of the signature', concat(good.bytes.subarray(0, 163), uint(good.bytes[163]! ^ 1, 1))),
      bad('signed by another', concat(head, bert.sign(concat(utf8('lanchat/del/1'), head)))),
    ],
  }
}

// --- frames -------------------------------------------------------------------------------------------------------

function exampleFrames(): Frame[] {
  const room = fromHex(general)
  const run = packRun(single)
  const chain = { headers: run.headers, signature: run.signature }
  const entry = concat(anna.key, fromHex(content), uint(1, 4), fromHex(single.events[0]!.id).subarray(0, 8), uint(0, 4), fill(8, 0))
  return [
    {
      type: 'hello',
      versions: [1],
      net: fromHex(net),
      key: anna.key,
      role: 0,
      places: rising(16),
      grown: true,
      age: 86_400,
      caps: 0,
      port: 27_470,
    },
    { type: 'auth', signature: rising(64) },
    { type: 'refuse', code: 'HUB_FULL', detail: 'I have as many members as I accept.' },
    {
      type: 'heartbeat',
      counter: 300,
      state: 1,
      upstream: bert.key,
      via: null,
      epoch: 4,
      members: 0,
      line: concat(anna.key, carl.key),
      flags: 1,
      heardMs: 120,
      clock: uint(T, 6),
      median: null,
      lag: 0,
      uptimeS: 600,
      age: 86_400,
    },
    { type: 'join', at: 5 },
    { type: 'joined', at: 5, epoch: 4 },
    { type: 'notJoined', reason: 1, hub: bert.key, address: '10.0.0.2:27470' },
    { type: 'absorb', at: 5, members: 3, flags: 1 },
    { type: 'absorbed', at: 5 },
    { type: 'redirect', hub: bert.key, via: null, address: '[fe80::1%eth0]:27470' },
    { type: 'handover', epoch: 4 },
    { type: 'took' },
    { type: 'who' },
    { type: 'whoIs', hub: bert.key, address: '10.0.0.2:27470' },
    { type: 'report', hub: bert.key, address: '' },
    { type: 'noDial' },
    { type: 'dialBack', token: 7, key: carl.key, addresses: ['10.0.0.3:27470'] },
    { type: 'dialledBack', token: 7, reached: true },
    { type: 'beaconAsk' },
    {
      type: 'beacon',
      epoch: 4,
      line: concat(anna.key, uint(1, 1), uint(0, 4), uint(600, 4)),
      addresses: ['10.0.0.1:27470'],
    },
    { type: 'hear', hub: bert.key },
    { type: 'hears', hub: bert.key, heard: false },
    { type: 'goodbye' },
    { type: 'have', entries: concat(room, uint(1, 1), rising(16)), last: true },
    { type: 'ask', room, class: 1, buckets: fill(4096, 0) },
    { type: 'vector', room, class: 1, entries: entry, more: false },
    { type: 'want', id: 1, room, lanes: concat(anna.key, fromHex(content), uint(0, 4), uint(3, 1)) },
    { type: 'runs', runs: [run] },
    { type: 'tombstones', tombstones: signTombstone(anna, single.events[0]!).bytes },
    { type: 'fork', a: chain, b: { headers: otherOne.events[0]!.header, signature: otherOne.signature } },
    { type: 'done', id: 1 },
    { type: 'headersAsk', room, author: anna.key, lane: fromHex(content), from: 1 },
    { type: 'headers', chain },
    { type: 'post', run },
    { type: 'live', runs: [run, shortRun(run), shortRun({ ...packRun(joins), bodies: [null] })] },
    { type: 'ack', room, entries: concat(fromHex(content), uint(1, 4)) },
    signWitness(bert, net, general, T, [
      { author: annaKey, lane: content, n: 1, id8: single.events[0]!.id.slice(0, 16) },
    ]),
    { type: 'credit', events: 40 },
    { type: 'offer', room, entries: entry },
    { type: 'roster', keys: concat(anna.key, bert.key), first: true },
    { type: 'presence', key: anna.key, online: true },
    { type: 'refused', id: fromHex(single.events[0]!.id), code: 'RATE_LIMITED' },
    { type: 'permitAsk', ref: 9, action: 0, room, name: 'lab' },
    { type: 'permit', ref: 9, code: 'ROOM_NAME_TAKEN' },
    { type: 'mode', key: anna.key, mode: 2, text: 'in an exam' },
    { type: 'typing', room, key: anna.key },
    {
      type: 'marker',
      room,
      key: bert.key,
      to: anna.key,
      held: concat(fromHex(content), uint(1, 4)),
      read: concat(uint(T, 6), anna.key, fromHex(single.events[0]!.id)),
    },
    { type: 'markerAsk', room, key: anna.key },
    { type: 'own', to: anna.key, from: bert.key, nonce: fill(24, 1), box: fill(102, 2) },
    { type: 'relay', key: bert.key, bytes: rising(34) },
    { type: 'live', runs: [{ ...shortRun(run), number: 300 }, { number: 2, tail: rising(72), bodies: [rising(20)] }] },
  ]
}

function frames() {
  const good = exampleFrames().map((frame) => {
    const { type, ...fields } = frame
    return { type, number: frameTable.find(({ name }) => name === type)!.number, fields, bytes: encodeFrame(frame) }
  })
  const bad = (name: string, fault: string, value: unknown) => ({ name, fault, bytes: packValue(value) })
  return {
    good,
    later: {
      name: 'fields after the known ones are ignored',
      type: 'credit',
      fields: { events: 40 },
      bytes: packValue([68, 40, 'later', [1]]),
    },
    bad: [
      bad('no array', 'schema', 68),
      bad('an empty array', 'schema', []),
      bad('a type that is no number', 'schema', ['credit', 40]),
      bad('a type of a later version', 'unknown', [255, 1]),
      bad('a field missing', 'schema', [68]),
      bad('a number of 17 bits', 'schema', [68, 65_536]),
      bad('a number below zero', 'schema', [68, -1]),
      bad('half a number', 'schema', [68, 0.5]),
      bad('a text in place of bytes', 'schema', [2, 'x'.repeat(64)]),
      bad('bytes in place of a text', 'schema', [3, fill(3, 65), 'x']),
      bad('63 bytes of a signature', 'schema', [2, fill(63, 0)]),
      bad('part of an entry', 'schema', [48, fill(34, 0), true]),
      bad('a code of 41 bytes', 'schema', [3, 'X'.repeat(41), '']),
      bad('a run of two fields', 'schema', [64, [fill(149, 0), fill(64, 0)]]),
      bad('a run of 65 headers', 'schema', [64, [fill(149 * 65, 0), fill(64, 0), Array(65).fill(null)]]),
      bad('a map in place of a list', 'schema', [3, { length: 1 }, '']),
    ],
  }
}

/** What a link brings as live, frame after frame, and what is read of it. */
function live() {
  const told = (name: string, run: ShortRun | NextRun, read: unknown) => ({
    name,
    bytes: encodeFrame({ type: 'live', runs: [run] }),
    read,
  })
  const runs = [single, after, signRun(crypto, anna, lane({ n: 2, prev: after.events[0]!.id }), [say('more', 2), say('and more', 3)])] as const
  const [first, second, third] = runs.map(packRun) as [Run, Run, Run]
  const end = (run: ParsedRun) => endOf(run.events.at(-1)!)
  const next = nextRun(second, end(single), 7)!
  const ofOther = { ...shortRun(packRun(otherOne)), number: 8 }
  const bare = nextRun({ ...third, bodies: [null, third.bodies[1]!] }, end(after), 7)!
  return {
    net: fromHex(net),
    frames: [
      told('a number that stands for nothing here', next, 'unknown'),
      told('a short run with a number', { ...shortRun(first), number: 7 }, first),
      told('the run behind it, by number', next, second),
      told('the same again does not follow', next, 'missing'),
      told('the number of another lane, whose prev is another', ofOther, packRun(otherOne)),
      told('under that number', { ...next, number: 8 }, 'signature'),
      told('two events, the body of the first one dropped', bare, { ...third, bodies: bare.bodies }),
      told('part of a tail', { ...next, tail: next.tail.subarray(0, 71) }, 'size'),
      told('a number beyond the last', { ...next, number: 2048 }, 'size'),
    ],
  }
}

// --- handshake ----------------------------------------------------------------------------------------------------

function auth() {
  const binding = rising(32, 0x40)
  const fields = { net: fromHex(net), role: 0, places: fill(8, 5), grown: false, age: 0, caps: 0, port: 27_470 }
  const open = (side: 'dialer' | 'acceptor', over = {}) =>
    openHandshake({ side, binding, signer: side === 'dialer' ? anna : bert, hello: fields, crypto, ...over })
  const dialer = open('dialer')
  const acceptor = open('acceptor')
  const [dialerHello, acceptorHello] = [dialer.hello, acceptor.hello]
  const [dialerAuth, acceptorAuth] = [dialer.receive(acceptorHello).send!, acceptor.receive(dialerHello).send!]
  /** What the dialer anna answers to these frames, sent to her in this order. */
  const bad = (name: string, ...received: Uint8Array[]) => {
    const side = open('dialer')
    const step = received.map((bytes) => side.receive(bytes)).at(-1)!
    return { name, received, code: step.refuse?.code, answer: step.send }
  }
  const helloOf = (over: object) => open('acceptor', over).hello
  const weak = { key: fill(32, 0), sign: () => fill(64, 0) }
  const elsewhere = open('acceptor', { binding: fill(32, 0) })
  const asDialer = open('dialer', { signer: bert })
  return {
    binding,
    dialer: {
      seed: fill(32, 1),
      hello: dialerHello,
      signed: authMessage(crypto, 'dialer', binding, dialerHello, acceptorHello),
      auth: dialerAuth,
    },
    acceptor: {
      seed: fill(32, 2),
      hello: acceptorHello,
      signed: authMessage(crypto, 'acceptor', binding, dialerHello, acceptorHello),
      auth: acceptorAuth,
    },
    bad: [
      bad('another network', helloOf({ hello: { ...fields, net: fill(8, 0) } })),
      bad('versions without a common one', helloOf({ versions: [2, 3] })),
      bad('the own key', helloOf({ signer: anna })),
      bad('a key of small order', helloOf({ signer: weak })),
      bad('auth before hello', acceptorAuth),
      bad('two hellos', acceptorHello, acceptorHello),
      bad('another frame before auth', acceptorHello, encodeFrame({ type: 'goodbye' })),
      bad('no frame', fill(3, 0xc1)),
      bad('the own auth sent back', acceptorHello, dialerAuth),
      bad('an auth of another link', elsewhere.hello, elsewhere.receive(dialerHello).send!),
      bad('both sides call themselves dialer', asDialer.hello, asDialer.receive(dialerHello).send!),
      bad('a signature of zeros', acceptorHello, encodeFrame({ type: 'auth', signature: fill(64, 0) })),
    ],
  }
}

// --- sealed channel -----------------------------------------------------------------------------------------------

function seal() {
  const gateKey = gateKeyOf(crypto, openSpec.codeKey)
  const open = (side: 'dialer' | 'acceptor', secret: Uint8Array) =>
    openSealedChannel({ side, gateKey, secret, crypto })
  const secrets = { dialer: fill(32, 4), acceptor: fill(32, 5) }
  const dialer = open('dialer', secrets.dialer)
  const acceptor = open('acceptor', secrets.acceptor)
  const opened = acceptor.receive(dialer.opening)
  dialer.receive(acceptor.opening)
  const frames = [encodeFrame({ type: 'goodbye' }), encodeFrame({ type: 'goodbye' })]
  const messages = frames.map((frame) => dialer.seal(frame)[0]!)
  const [first, second] = messages as [Uint8Array, Uint8Array]
  const answers = frames.slice(0, 1).map((frame) => acceptor.seal(frame)[0]!)
  /** What the acceptor says of these messages of the dialer, given to it in this order. */
  const bad = (name: string, ...received: Uint8Array[]) => {
    const side = open('acceptor', secrets.acceptor)
    const last = received.map((bytes) => side.receive(bytes)).at(-1)!
    if (typeof last === 'string' || !('fault' in last)) throw new Error(`${name} is taken`)
    return { name, received, fault: last.fault }
  }
  const changed = concat(first)
  changed[changed.length - 1]! ^= 1
  return {
    gateKey,
    dialer: { secret: secrets.dialer, opening: dialer.opening, frames, messages },
    acceptor: { secret: secrets.acceptor, opening: acceptor.opening, frames: frames.slice(0, 1), messages: answers },
    binding: typeof opened === 'object' && 'opened' in opened ? opened.opened : null,
    bad: [
      bad('a message instead of an opening', first),
      bad('an opening of the same side', acceptor.opening),
      bad('an opening cut short', dialer.opening.slice(0, 33)),
      bad('an opening of another version', concat(fill(1, 2), dialer.opening.slice(1))),
      bad('a key of small order', concat(dialer.opening.slice(0, 2), fill(32, 0))),
      bad('a bit changed', dialer.opening, changed),
      bad('cut short', dialer.opening, first.slice(0, -1)),
      bad('empty', dialer.opening, new Uint8Array(0)),
      bad('repeated', dialer.opening, first, first),
      bad('out of order', dialer.opening, second),
      bad('of the other direction', dialer.opening, answers[0]!),
      bad('a second opening', dialer.opening, dialer.opening),
    ],
  }
}

// --- signed words -------------------------------------------------------------------------------------------------

function beacon() {
  const fields = {
    net: fromHex(net),
    places: rising(16),
    epoch: 4,
    counter: 9,
    members: 3,
    flags: 1,
    addresses: ['10.0.0.2:27470', '[fe80::2%eth0]:27470'],
    median: uint(T, 6),
    rate: 10,
    digest: rising(16),
    line: [{ key: anna.key, flags: 1, lag: 0, uptimeS: 600, addresses: ['10.0.0.1:27470'] }],
  }
  const { bytes } = signBeacon(bert, fields)
  const flipped = bytes.slice()
  flipped[flipped.length - 1]! ^= 1
  const otherNet = signBeacon(bert, { ...fields, net: fill(8, 1) }).bytes
  return {
    good: { fields: { ...fields, key: bert.key }, signed: concat(utf8('lanchat/beacon/1'), bytes.subarray(64)), bytes },
    bad: [
      { name: 'one bit', fault: 'signature', bytes: flipped },
      { name: 'another network', fault: 'network', bytes: otherNet },
      { name: 'no fields', fault: 'schema', bytes: concat(fill(64, 0), packValue([])) },
      { name: 'a signature alone', fault: 'size', bytes: fill(64, 0) },
      { name: 'above 2048 bytes', fault: 'size', bytes: fill(2049, 0) },
    ],
  }
}

function witness() {
  const entry = { author: annaKey, lane: content, n: 1, id8: single.events[0]!.id.slice(0, 16) }
  const frame = signWitness(bert, net, general, T, [entry])
  return {
    net: fromHex(net),
    good: {
      by: bert.key,
      at: T,
      entries: [entry],
      signed: witnessMessage(net, frame.room, frame.at, frame.entries),
      bytes: encodeFrame(frame),
    },
    bad: [
      { name: 'signed by another', bytes: encodeFrame({ ...frame, signature: carl.sign(fill(1, 0)) }) },
      { name: 'another time', bytes: encodeFrame({ ...frame, at: fill(6, 0) }) },
    ],
  }
}

function digests() {
  const of = (author: Uint8Array, n: number, id8: Uint8Array) => ({
    author: personKey(author),
    lane: content,
    n,
    id8: hex(id8),
    forkAt: 0,
    xor8: '0'.repeat(16),
  })
  const listed = [of(anna.key, 1, fromHex(single.events[0]!.id).subarray(0, 8)), of(bert.key, 7, rising(8))]
  const entries = listed.map(packEntry)
  const buckets = Array.from({ length: 256 }, (_, bucket) =>
    bucketDigest(crypto, general, 1, entries.filter((entry) => entry[0] === bucket)),
  )
  return {
    room: fromHex(general),
    class: 1,
    lanes: listed,
    entries,
    buckets: Object.fromEntries(
      buckets.map((digest, bucket) => [bucket, digest] as const).filter(([, digest]) => digest.some((b) => b !== 0)),
    ),
    digest: roomDigest(crypto, general, 1, concat(...buckets)),
    empty: roomDigest(crypto, general, 1, fill(4096, 0)),
  }
}

function names() {
  const nicks = [
    'anna', 'Anna-Lena_3.b', 'ａｎｎａ', 'Zoe\u0308', 'Иван', 'Νίκος', 'さくら', 'Tanaka太郎', '김민수', 'محمد', 'Nguyễn',
    '', 'a'.repeat(24), 'a'.repeat(25), 'anna lee', 'anna~k3f9', '#a', '@a', 'a,b', 'a/b', 'an\u200dna', 'an\u202ena',
    'anna😀', 'ɑnna', '_anna', 'anna.', 'аnna', 'Иванさ', 'a\u0316\u0316',
  ]
  const alike = ['anna', 'Anna', 'аnnа', 'bill', 'BI11', 'modern', 'rnodern', 'ΗΑΝΝΑ', 'раураӏ', 'Groß', 'カナ', '力ナ']
  return {
    nicks: nicks.map((text) => ({ text, ...checkNick(text) })),
    skeletons: alike.map((text) => ({ text, skeleton: skeleton(text) })),
  }
}
