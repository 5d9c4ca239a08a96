/** Whatever is typed behind whichever command, in whichever room: one answer, in whole sentences, that a terminal shows. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { type Look, plain, render } from '../../src/cli/render.ts'
import { Session } from '../../src/cli/session.ts'
import type { NodeEvent } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { meet, type Person } from '../node/people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
})
afterEach(() => lan.close())

/** Ends the session; a LAN in memory has no surroundings to tell of. */
const LEFT_OUT = new Set(['quit', 'doctor'])
const ARGS = [
  ...['', 'ben', '@ben', 'nobody x', '^', 'ben text', 'on', '5'],
  ...['lab', '-- "', 'ben,anna hi', ':smile:', '99999999', 'none'],
]
/** Means something to programs alone, or nothing is to be said. */
const SILENT = new Set(['sent'])
const PLACES = ['general', 'lab', 'club', '@ben'] as const

it.each(PLACES)('has one answer that says something, in %s', async (place) => {
  await anna.does({ do: 'create', room: 'lab', topic: 'rats' })
  await anna.does({ do: 'create', room: 'club', private: true, invite: ['ben'] })
  await ben.hears({ event: 'create', room: 'club' })
  await anna.does({ do: 'msg', to: 'ben', text: 'hello' })
  await ben.does({ do: 'msg', to: 'anna', text: 'hi' })
  await anna.hears({ text: 'hi' })
  const printed: NodeEvent[] = []
  const session = new Session(anna.node, { gate: Promise.resolve(), print: (event) => printed.push(event) })
  const look: Look = {
    paint: plain,
    tabs: false,
    self: anna.node.self.id,
    screen: { room: place, nick: 'anna', time: '12:00' },
  }
  const faults: string[] = []
  let ref = 0
  for (const { name } of COMMANDS) {
    if (LEFT_OUT.has(name)) continue
    for (const args of ARGS) {
      await session.submit({ command: `/join ${place}`, ref: 'enter' })
      const typed = `/${name} ${args}`.trim()
      await session.submit({ command: typed, ref: ++ref })
      await session.idle()
      const answers = printed.filter((event) => 'ref' in event && event.ref === ref)
      const [answer] = answers
      if (answers.length !== 1) faults.push(`${typed}: ${answers.length} answers`)
      if (!answer) continue
      const said = render(answer, look)?.text ?? ''
      const isSilent = SILENT.has(answer.type)
      if (said.trim() === '' && !isSilent) faults.push(`${typed}: nothing is shown of ${answer.type}`)
      if (/\{\w+\}|The other side refused|undefined|\[object|NaN/.test(said)) faults.push(`${typed}: ${said}`)
      if (answer.type === 'error' && answer.code === 'INTERNAL') faults.push(`${typed}: ${answer.message}`)
      printed.length = 0
    }
  }
  session.close()
  expect(faults).toEqual([])
})
