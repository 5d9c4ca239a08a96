/** What people do in a random run of whole nodes: they talk, make rooms and leave them, throw others out, delete. */
import type { Command } from '../../src/node/events.ts'
import type { HeldLane } from '../../src/node/rooms.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { type Event, signTombstone } from '../../src/wire/event.ts'
import type { EventId } from '../../src/wire/ids.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import type { Secrets } from './core-secrets.ts'
import type { Watch } from './core-watch.ts'
import type { SimNode, World } from './core-world.ts'
import { cutFor } from './cuts.ts'

export class People {
  readonly #world: World
  readonly #watch: Watch
  readonly #random: () => number
  readonly #log: (line: string) => void
  readonly #secrets: Secrets
  #said = 0
  #rooms = 0

  constructor(
    world: World,
    watch: Watch,
    secrets: Secrets,
    random: () => number,
    log: (line: string) => void,
  ) {
    this.#secrets = secrets
    this.#world = world
    this.#watch = watch
    this.#random = random
    this.#log = log
  }

  #any<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)]
  }

  /** Running, and not stopped: somebody sits before it. */
  #awake(): SimNode | undefined {
    return this.#any(this.#world.nodes.filter((node) => node.isUp && !node.isPaused))
  }

  types(node: SimNode, command: Command): void {
    this.#watch.asked(node, this.#world.nextSlot)
    if (command.do === 'say') this.#watch.typed(node, command.text)
    this.#log(`${node.name} types ${JSON.stringify(command)}`)
    const before = this.#secrets.reach(node)
    this.#world.command(node, command)
    this.#secrets.wrote(node, before)
  }

  #roomNames(): string[] {
    return ['general', ...Array.from({ length: this.#rooms }, (_, i) => `room${i}`)]
  }

  #room(): string {
    return this.#random() < 0.5 ? 'general' : this.#any(this.#roomNames())!
  }

  /** A text that nobody else ever writes. */
  text(node: SimNode): string {
    return `t${this.#said++} of ${node.name}`
  }

  say(): void {
    const node = this.#awake()
    if (node) this.types(node, { do: 'say', room: this.#room(), text: this.text(node) })
  }

  says(node: SimNode, room: string): void {
    this.types(node, { do: 'say', room, text: this.text(node) })
  }

  burst(): void {
    const node = this.#awake()
    if (!node) return
    const room = this.#room()
    const count = 2 + Math.floor(this.#random() * 60)
    for (let i = 0; i < count; i++) this.types(node, { do: 'say', room, text: this.text(node) })
  }

  message(): void {
    const node = this.#awake()
    const other = this.#any(this.#world.nodes)
    if (node && other) this.types(node, { do: 'msg', to: other.name, text: this.text(node) })
  }

  create(): void {
    const node = this.#awake()
    if (!node) return
    this.#rooms++
    const isPrivate = this.#random() < 0.2
    this.types(node, { do: 'create', room: `room${this.#rooms - 1}`, ...(isPrivate && { private: true }) })
  }

  /** Some of them in one private room, of whom one says something there at once. */
  createPrivate(): void {
    const node = this.#awake()
    if (!node) return
    const room = `room${this.#rooms++}`
    const invite = this.#world.nodes
      .filter((other) => other !== node && this.#random() < 0.5)
      .map(({ name }) => name)
    this.types(node, { do: 'create', room, private: true, invite })
    this.says(node, room)
  }

  invite(): void {
    const node = this.#awake()
    const other = this.#any(this.#world.nodes)
    const room = this.#any(this.#roomNames())!
    if (node && other) this.types(node, { do: 'invite', room, to: other.name })
  }

  inRoom(act: 'join' | 'leave' | 'delete'): void {
    const node = this.#awake()
    const room = this.#any(this.#roomNames())!
    if (node) this.types(node, { do: act, room })
  }

  nick(): void {
    const node = this.#awake()
    if (node) this.types(node, { do: 'nick', name: `${node.name}x${this.#said++}` })
  }

  ask(): void {
    const node = this.#awake()
    if (!node) return
    const asks = [
      { do: 'rooms' },
      { do: 'who' },
      { do: 'hub' },
      { do: 'history', room: this.#room(), count: 20 },
    ] as const
    this.types(node, this.#any(asks)!)
    // What follows may be done before the question is answered, and is told behind the answer.
    if (this.#random() < 0.5) this.types(node, { do: 'say', room: 'general', text: this.text(node) })
  }

  /** The creator of a room bans somebody from it, as far as what they wrote is here. */
  ban(): void {
    const may = this.#world.nodes.flatMap((node) => {
      if (!node.isUp || node.isPaused) return []
      const { views } = node.core
      return [...views.ids()].flatMap((id) => {
        const view = views.room(id)
        const isMine = view?.type === 'public' && view.createdBy === node.key && !view.deleted
        return isMine && view.members.size > 1 ? [{ node, room: id }] : []
      })
    })
    const chosen = this.#any(may)
    if (!chosen) return
    const { node, room } = chosen
    const { views, replica } = node.core
    const members = views.room(room)?.members
    const other = this.#any(this.#world.nodes.filter(({ key }) => key !== node.key && members?.has(key)))
    const target = other?.key
    if (target === undefined) return
    const allowed = new Set<EventId>()
    const held: HeldLane[] = []
    for (const cls of [0, 1] as const)
      for (const lane of replica.lanes(room, cls, target)) {
        const n = replica.vectors.counted(lane)
        for (let i = 1; i <= n; i++) {
          const event = replica.event(room, target, lane.lane, i)!
          allowed.add(event.id)
          if (i === n) held.push({ room, lane: lane.lane, n, id: event.id, t: event.t })
        }
      }
    this.#log(`${node.name} bans ${target.slice(0, 8)} from ${room.slice(0, 8)}`)
    let ban: Event | undefined
    const body = encodeBody(this.#world.crypto.random(16), {
      kind: 'ban',
      target: fromHex(target),
      kick: false,
      cut: cutFor(room, held),
      cuts: new Uint8Array(0),
      until: new Uint8Array(6),
      reason: '',
    })
    this.#world.act(node, (core) => {
      ;[ban] = core.write(room, [{ kind: kindNumber('ban'), body: () => body }], () => {})
    })
    if (!ban) return
    this.#watch.banned({ id: ban.id, room, target, allowed })
    // They have not heard of it yet.
    const name = node.core.views.room(room) && node.core.roomName(node.core.views.room(room)!)
    if (other?.isUp && !other.isPaused && name)
      this.types(other, { do: 'say', room: name, text: this.text(other) })
  }

  /** Somebody deletes what they wrote. */
  forget(): void {
    const node = this.#awake()
    if (!node) return
    const mine = [...this.#watch.said]
      .filter(([, said]) => said.by.key === node.key)
      .map(([id]) => id as EventId)
    const id = this.#any(mine)
    const event = id && node.core.replica.find(id)
    if (event) this.#forget(node, event)
  }

  #forget(node: SimNode, event: Event): void {
    this.#log(`${node.name} deletes ${event.id.slice(0, 8)}`)
    const tombstone = signTombstone(node.signer, event)
    this.#world.act(node, (core) => {
      core.replica.delete(tombstone)
      for (const link of this.#world.network.links.values())
        if (link.dialer === node || link.acceptor === node) core.sync.compare(link.id)
    })
    this.#watch.deleted(event.id)
  }
}
