/**
 * What people do beyond talk in a random run of whole nodes: they moderate, change roles and rules, hide, pin, take words
 * back, and link devices. All by the commands that people type; who may not is refused.
 */
import type { RoomView } from '../../src/node/rooms.ts'
import type { EventId, RoomId } from '../../src/wire/ids.ts'
import type { People } from './core-people.ts'
import type { Watch } from './core-watch.ts'
import type { SimNode, World } from './core-world.ts'

/** So often somebody tries who has no rank. */
const LIARS = 0.08
const RULES = ['readonly', 'slow', 'newcomers', 'max', 'visible'] as const

interface Office {
  readonly node: SimNode
  readonly view: RoomView
  readonly name: string
}

export class Acts {
  readonly #world: World
  readonly #watch: Watch
  readonly #random: () => number
  readonly #people: People

  constructor(world: World, watch: Watch, random: () => number, people: People) {
    this.#world = world
    this.#watch = watch
    this.#random = random
    this.#people = people
  }

  #any<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)]
  }

  #chance(of: number): boolean {
    return this.#random() < of
  }

  #awake(): SimNode[] {
    return this.#world.nodes.filter((node) => node.isUp && !node.isPaused)
  }

  /** A node and a room in which its person has some rank, now and then none. */
  #office(): Office | undefined {
    const isLiar = this.#chance(LIARS)
    const offices = this.#awake().flatMap((node) => {
      const { views, me } = node.core
      return [...views.ids()].flatMap((id): Office[] => {
        const view = views.room(id)
        const name = view && view.type !== 'network' && !view.deleted && node.core.roomName(view)
        return name && (isLiar || (view.ranks.get(me) ?? 1) > 1) ? [{ node, view, name }] : []
      })
    })
    return this.#any(offices)
  }

  /** Somebody else, mostly one who is in the room. */
  #target({ node, view }: Office): SimNode | undefined {
    const person = (other: SimNode) => node.core.views.personOf(other.key)
    const others = this.#world.nodes.filter((other) => person(other) !== node.core.me)
    const inside = others.filter((other) => view.members.has(person(other)))
    return this.#any(inside.length > 0 && this.#chance(0.8) ? inside : others)
  }

  #bind(node: SimNode, room: RoomId, target: SimNode): void {
    this.#watch.bound(room, node.core.views.personOf(target.key))
  }

  /** Kick, ban, mute, or the way back. */
  moderate(): void {
    const office = this.#office()
    const target = office && this.#target(office)
    if (!office || !target) return
    const { node, view, name: room } = office
    const act = this.#any(['kick', 'ban', 'mute', 'unban', 'unmute'] as const)!
    const who = target.name
    if (act === 'unban' || act === 'unmute') return this.#people.types(node, { do: act, room, who })
    this.#bind(node, view.id, target)
    const forMs = this.#chance(0.3) && { forMs: 1000 + this.#random() * 20_000 }
    this.#people.types(node, { do: act, room, who, ...forMs })
    // They have not heard of it yet.
    if (target.isUp && !target.isPaused && this.#chance(0.5)) this.#people.says(target, room)
    if (target.isUp && act === 'kick' && this.#chance(0.5))
      this.#world.after(this.#random() * 3000, () => {
        if (target.isUp && !target.isPaused) this.#people.types(target, { do: 'join', room })
      })
  }

  role(): void {
    const office = this.#office()
    const target = office && this.#target(office)
    if (!office || !target) return
    const role = this.#chance(0.7) ? 'moderator' : 'member'
    if (role === 'member') this.#bind(office.node, office.view.id, target)
    this.#people.types(office.node, { do: 'role', room: office.name, who: target.name, role })
  }

  rule(): void {
    const office = this.#office()
    if (!office) return
    const { node, name: room } = office
    const act = this.#random()
    if (act < 0.3) return this.#people.types(node, { do: 'lock', room, on: this.#chance(0.5) })
    if (act < 0.5)
      return this.#people.types(node, { do: 'topic', room, topic: `about ${Math.floor(act * 1e6)}` })
    const setting = this.#any(RULES)!
    const value = this.#chance(0.5) ? 0 : setting === 'max' ? 5 : setting === 'visible' ? 30 : 1
    this.#people.types(node, { do: 'set', room, setting, value })
  }

  /** A moderator hides somebody's words, shows them again, or pins them. */
  show(): void {
    const office = this.#office()
    if (!office) return
    const { node, view, name: room } = office
    const hidden = this.#any([...view.hidden])
    if (hidden && this.#chance(0.5))
      return this.#people.types(node, { do: 'hide', room, message: hidden, on: false })
    const message = this.#any(this.#heldIn(node, view.id))
    if (!message) return
    if (this.#chance(0.6)) this.#people.types(node, { do: 'hide', room, message, on: true })
    else this.#people.types(node, { do: 'pin', room, message, on: this.#chance(0.8) })
  }

  #heldIn(node: SimNode, room: RoomId, by?: SimNode): EventId[] {
    const ids: EventId[] = []
    for (const [id, said] of this.#watch.said) {
      if (said.room !== room || (by && said.by.key !== by.key)) continue
      if (node.core.replica.find(id as EventId)) ids.push(id as EventId)
    }
    return ids
  }

  /** Somebody writes own words anew, takes them back, or answers others'. */
  rewrite(): void {
    const node = this.#any(this.#awake())
    if (!node) return
    const said = [...this.#watch.said].filter(([id]) => node.core.replica.find(id as EventId))
    const own = said.filter(([, { by }]) => by.key === node.key)
    const isOwn = this.#chance(0.7)
    const [id, { room: at }] = this.#any(isOwn ? own : said) ?? [undefined, { room: undefined }]
    const view = at && node.core.views.room(at)
    if (!id || !view) return
    const room = node.core.roomName(view) ?? 'general'
    if (!isOwn)
      return this.#people.types(node, { do: 'react', room, message: id, emoji: '👍', on: this.#chance(0.8) })
    if (this.#chance(0.5))
      return this.#people.types(node, { do: 'edit', room, message: id, text: this.#people.text(node) })
    this.#people.types(node, { do: 'erase', room, message: id })
    this.#watch.deleted(id as EventId)
  }

  /** Somebody leaves a private room or is thrown out, and another one who is still in it writes on. */
  part(): void {
    const rooms = this.#awake().flatMap((node) =>
      [...node.core.views.ids()].flatMap((id): Office[] => {
        const view = node.core.views.room(id)
        const name = view?.type === 'private' && !view.deleted && node.core.roomName(view)
        return name && view.members.has(node.core.me) && view.members.size > 1 ? [{ node, view, name }] : []
      }),
    )
    const office = this.#any(rooms)
    if (!office) return
    const { node, view, name: room } = office
    const persons = [...view.members].filter((person) => person !== node.core.me)
    const other = this.#any(this.#awake().filter(({ core }) => persons.includes(core.me)))
    if (other && this.#chance(0.7)) this.#people.types(other, { do: 'leave', room })
    else if (other) {
      this.#bind(node, view.id, other)
      this.#people.types(node, { do: 'kick', room, who: other.name })
    }
    this.#world.after(this.#random() * 1000, () => {
      if (node.isUp && !node.isPaused) this.#people.says(node, room)
    })
  }

  /** A device asks to be somebody's, who accepts a moment later; or one is given up for good. */
  device(): void {
    const all = this.#awake().filter(({ options }) => !options.visitor)
    const first = this.#any(all.filter(({ core, key }) => core.me === key))
    if (!first) return
    const linked = first.core.views
      .network()
      .devices.of(first.key)
      .filter((key) => key !== first.key)
    const lost = this.#any(linked)
    if (lost && this.#chance(0.4)) {
      this.#watch.unlinked(lost)
      return this.#people.types(first, { do: 'unlink', who: lost })
    }
    const device = this.#any(
      all.filter(
        ({ core, key }) =>
          key !== first.key && core.me === key && core.views.network().devices.of(key).length === 1,
      ),
    )
    if (!device || this.#world.nodes.some((other) => other !== device && other.key === device.key)) return
    this.#people.types(device, { do: 'linkAsk', who: first.name })
    this.#world.after(300 + this.#random() * 3000, () => {
      if (first.isUp && !first.isPaused) this.#people.types(first, { do: 'linkAccept', who: device.key })
    })
  }
}
