/** Two processes of one identity. */
import type { NodeEvent } from '../../src/node/events.ts'
import type { Lanchat } from './lanchat.ts'

const isTwinWarning = (event: NodeEvent) =>
  event.type === 'system' && event.text?.startsWith('Another lanchat writes under your identity') === true

/**
 * Both talk until both are warned: what one has named proves to the other that there are two. Each text is stored before the
 * next one. Returns what they said.
 */
export async function talkUntilWarned(twins: readonly Lanchat[]): Promise<string[]> {
  const texts: string[] = []
  for (let i = 0; !twins.every((twin) => twin.events.some(isTwinWarning)); i++) {
    if (i === 300) throw new Error('nobody is warned')
    for (const twin of twins) {
      const text = `${twin.host.name} speaks ${i}`
      await twin.stored(await twin.say(text))
      texts.push(text)
    }
  }
  return texts
}
