/** People on a LAN in memory, who ask and wait for what they are told. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Answer, Command, Node, NodeEvent } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'

type Fields = Readonly<Record<string, unknown>>

/** One person: their node, all they were told, and ways to wait. */
export class Person {
  readonly told: NodeEvent[] = []
  readonly node: Node
  readonly #waiting = new Set<() => void>()

  constructor(node: Node) {
    this.node = node
    node.on((event) => {
      this.told.push(event)
      for (const look of [...this.#waiting]) look()
    })
  }

  ask(command: Command): Promise<Answer> {
    return this.node.execute(command)
  }

  /** Asks, and takes a refusal for a mistake of the test. */
  async does(command: Command): Promise<Answer> {
    const answer = await this.ask(command)
    if (answer.type === 'error') throw new Error(`${command.do}: ${answer.code} ${answer.message}`)
    return answer
  }

  /** The data of a question's answer. */
  async knows<T = readonly Fields[]>(command: Command): Promise<T> {
    const answer = await this.does(command)
    if (answer.type !== 'result') throw new Error(`${command.do} was answered by ${answer.type}`)
    return answer.data as T
  }

  /** Says something in a room; its id. */
  async says(text: string, room = 'lab'): Promise<string> {
    const answer = await this.does({ do: 'say', room, text })
    return answer.type === 'sent' ? answer.id : ''
  }

  /** The first thing told, so far or from now on, that has these fields; `of` a Who is compared by name. */
  hears(fields: Fields): Promise<NodeEvent> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.told.find((event) => matches(event, fields))
        if (!found) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Asks again until the answer is as wanted: for what nobody is told. */
  async until(command: Command, isWanted: (data: never) => unknown): Promise<void> {
    for (;;) {
      const answer = await this.ask(command)
      if (answer.type === 'result' && isWanted(answer.data as never)) return
      await turn()
    }
  }

  /** Asks again while it is refused: for what takes a moment until it is allowed. */
  async patiently(command: Command): Promise<Answer> {
    for (;;) {
      const answer = await this.ask(command)
      if (answer.type !== 'error') return answer
      await turn()
    }
  }

  async texts(room = 'lab'): Promise<string[]> {
    const lines = await this.knows<{ text: string }[]>({ do: 'history', room, count: 100 })
    return lines.map(({ text }) => text)
  }
}

function matches(event: NodeEvent, fields: Fields): boolean {
  return Object.entries(fields).every(([key, wanted]) => {
    const value = (event as unknown as Fields)[key]
    const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined
    return value === wanted || name === wanted
  })
}

/** People who all know each other, keys included. */
export async function meet(lan: Lan, ...names: string[]): Promise<Person[]> {
  const people = await Promise.all(names.map(async (name) => new Person(await lan.node({ name }))))
  await Promise.all(people.map(({ node }) => node.ready))
  for (const person of people)
    await person.until({ do: 'who' }, (data: { name: string }[]) =>
      names.every((name) => data.some((who) => who.name === name)),
    )
  return people
}

/** A network that olga owns, with max and ben in it. */
export async function ownedNetwork(): Promise<{ lan: Lan; olga: Person; max: Person; ben: Person }> {
  const lan = createLan({ owned: true })
  const [olga, max, ben] = (await meet(lan, 'olga', 'max', 'ben')) as [Person, Person, Person]
  return { lan, olga, max, ben }
}

/** A public room `lab` of the first, with all in it. */
export async function lab(people: readonly Person[]): Promise<void> {
  const [owner, ...others] = people
  await owner!.does({ do: 'create', room: 'lab' })
  for (const person of others) {
    await person.hears({ type: 'system', event: 'create', room: 'lab' })
    await person.does({ do: 'join', room: 'lab' })
  }
  for (const person of people)
    await person.until({ do: 'who', room: 'lab' }, (data: unknown[]) => data.length === people.length)
}
