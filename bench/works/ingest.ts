/**
 * What the search index costs: messages of 100 authors are parsed, verified, held and written to a store on disk, once with
 * the index and once without it, in turns; no network, no display. A message comes alone, or 16 of them under one signature,
 * these also in other scripts. One repetition is both, of as many messages; each has fewer than the one before, so that not
 * all of them end just before or behind the same merge of the database. CPU time of this process, the threads of the database
 * included, until all is written: some four seconds a sample, since a merge takes tenths of one.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { openLevelStore } from '../../src/node/io/level-store.ts'
import { Replica } from '../../src/node/replica.ts'
import { SearchIndex } from '../../src/node/search/search-index.ts'
import type { StoreOp } from '../../src/node/store.ts'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'
import {
  LANE_START,
  newContentLane,
  packRun,
  parseRun,
  type Run,
  signRun,
  verifyRun,
} from '../../src/wire/event.ts'
import { generalRoom, networkId } from '../../src/wire/ids.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import { RETENTION_DAYS } from '../../src/wire/limits.ts'
import type { Figure, Report } from '../figures.ts'
import type { WorkOptions } from '../run.ts'
import { type Script, textIn } from '../scripts.ts'

/** In runs; a sixth of them where each comes alone. */
const MESSAGES = 260_000
/** What the last repetition has less than the first: about as much as comes between two great merges. */
const LESS = 1 / 4
/** What is enough for the compiler. */
const WARM_UP = 1 / 10
const OTHERS: readonly (readonly [Script, name: string])[] = [
  ['accents', 'in Latin letters with accents'],
  ['cyrillic', 'in Cyrillic'],
  ['signs', 'in Han, kana and emoji'],
]
const AUTHORS = 100
const RUN = 16
/** Messages of one turn, and what the index does in each beside what it takes in at once (core.ts). */
const TURN = 64
const SLICE = 32
const RETENTION_MS = RETENTION_DAYS * 24 * 3600 * 1000
const NET = networkId(nodeCrypto, {
  name: 'ingest',
  retentionDays: RETENTION_DAYS,
  codeKey: new Uint8Array(32),
  hasCode: false,
})
const ROOM = generalRoom(nodeCrypto, NET)

export async function ingest({ reps = 3, events = MESSAGES }: WorkOptions): Promise<Report> {
  const loads = [
    loadOf('that come alone', Math.ceil(events / 6), 1, 'latin'),
    loadOf(`in runs of ${RUN}`, events, RUN, 'latin'),
    ...OTHERS.map(([script, name]) => loadOf(`in runs of ${RUN}, ${name}`, events, RUN, script)),
  ]
  for (const { events, size, script, ...samples } of loads) {
    const runs = runsOf(events, size, script)
    await cpuMsOf(runs.slice(0, runs.length * WARM_UP), true)
    for (let rep = 0; rep < reps; rep++) {
      const taken = runs.slice(0, Math.ceil(runs.length * (1 - (LESS * rep) / Math.max(1, reps - 1))))
      for (const kind of rep % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const))
        samples[kind].push((await cpuMsOf(taken, kind === 'with')) / ((taken.length * size) / 1000))
    }
  }
  const figures = ({ name, with: indexed, without }: Load): Figure[] => [
    { name: `1,000 messages ${name}, without the index: CPU`, unit: 'ms', samples: without },
    { name: '... with it', unit: 'ms', samples: indexed },
    {
      name: '... with it, times without',
      unit: 'times',
      samples: indexed.map((ms, rep) => ms / without[rep]!),
      targets: [{ of: 'p50', atMost: 1.2 }],
    },
  ]
  return {
    work: 'ingest',
    figures: loads.flatMap(figures),
    notes: [
      `${events} messages, a sixth of them where each comes alone, and up to a quarter less in each repetition after the first, of 3 to 27 words, ${AUTHORS} authors in turns, ${TURN} messages a turn.`,
    ],
  }
}

interface Load {
  readonly name: string
  readonly events: number
  /** Messages of one run. */
  readonly size: number
  readonly script: Script
  readonly with: number[]
  readonly without: number[]
}

const loadOf = (name: string, events: number, size: number, script: Script): Load => ({
  name,
  events,
  size,
  script,
  with: [],
  without: [],
})

/** In the order in which they come: the authors in turns. */
function runsOf(count: number, size: number, script: Script): readonly Run[] {
  const now = Date.now() - 3600 * 1000
  const authors = Array.from({ length: AUTHORS }, () => ({
    signer: signerOf(nodeCrypto.random(32)),
    lane: newContentLane(nodeCrypto, now),
    last: { n: 0, id: LANE_START },
  }))
  const runs: Run[] = []
  for (let made = 0; made < count; made += size) {
    const author = authors[(made / size) % AUTHORS]!
    const drafts = Array.from({ length: size }, (_, k) => ({
      kind: kindNumber('message'),
      at: now + made + k,
      t: now + made + k,
      body: encodeBody(nodeCrypto.random(16), {
        kind: 'message',
        text: textIn(script, Math.random),
        action: false,
        replyTo: null,
      }),
    }))
    const { n, id } = author.last
    const run = signRun(
      nodeCrypto,
      author.signer,
      { net: NET, room: ROOM, lane: author.lane, n, prev: id },
      drafts,
    )
    author.last = run.events.at(-1)!
    runs.push(packRun(run))
  }
  return runs
}

async function cpuMsOf(runs: readonly Run[], isIndexed: boolean): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'lanchat-bench-'))
  const { store } = await openLevelStore(join(dir, 'store'))
  try {
    ;(globalThis as { gc?: () => void }).gc?.()
    const before = process.cpuUsage()
    const replica = new Replica({
      crypto: nodeCrypto,
      net: NET,
      isFresh: true,
      store,
      retentionMs: RETENTION_MS,
      limitOf: () => Number.POSITIVE_INFINITY,
    })
    replica.setNow(Date.now())
    const ops: StoreOp[] = []
    const index = new SearchIndex({
      crypto: nodeCrypto,
      seed: new Uint8Array(32),
      replica,
      retentionMs: RETENTION_MS,
      get: (key) => store.get(key),
      put: (op) => void ops.push(op),
      read: (event, body) => decodeBody(event.kind, body),
      isReadable: () => true,
      isPlain: () => true,
    })
    if (isIndexed) replica.onContent = (lane) => index.changed(lane)
    let came = 0
    const endTurn = () => store.write([...replica.takeOps(), ...ops.splice(0)], true)
    for (const packed of runs) {
      const parsed = parseRun(nodeCrypto, NET, packed)
      const run = typeof parsed === 'string' ? parsed : verifyRun(nodeCrypto, parsed)
      if (typeof run === 'string') throw new Error(run)
      replica.add(run)
      const first = run.events[0]!
      if (isIndexed) index.took(replica.lane(first.room, first.author, first.lane)!, run.events, run.bodies)
      came += run.events.length
      if (came % TURN !== 0) continue
      if (isIndexed) index.work(SLICE)
      await endTurn()
    }
    for (; isIndexed && index.isBehind; await endTurn()) index.work(SLICE)
    await endTurn()
    await store.close()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  } finally {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
