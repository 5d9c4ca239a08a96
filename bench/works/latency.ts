/**
 * From a line typed on one host to the line printed on another, through a hub on a third, and to `ack stored` where it was
 * typed. One repetition is one text; the next is typed when both have come, after a random pause, so that nothing is queued
 * and no two timers stay in step. The hub takes any rate: what is measured is the way, not the limit of what one may say.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createLab } from '../../test/lab/network.ts'
import type { Report } from '../figures.ts'
import { Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const WARM_UP = 50
const PAUSE_MS_MAX = 30
/** As long as the texts of all other figures. */
const TEXT = 'x'.repeat(90)

export async function latency({ reps = 500 }: WorkOptions): Promise<Report> {
  const lab = createLab('bnl')
  try {
    const hub = new Program(lab, lab.host('hub'), {
      name: 'hub',
      dataDir: lab.directory('hub'),
      args: ['--prefer-hub', '--rate', '0'],
    })
    await hub.ready()
    const [author, reader] = ['author', 'reader'].map(
      (name) =>
        new Program(lab, lab.host(name), { name, dataDir: lab.directory(name), args: ['--rate', '0'] }),
    ) as [Program, Program]
    await Promise.all([author.ready(), reader.ready()])
    if (author.hubId !== hub.id || reader.hubId !== hub.id) throw new Error('not one hub')
    await pause(6000)

    const programs = [author, hub, reader]
    let cpuBefore: number[] = []
    const printed: number[] = []
    const sent: number[] = []
    const stored: number[] = []
    for (let rep = -WARM_UP; rep < reps; rep += 1) {
      if (rep === 0) cpuBefore = programs.map((program) => program.cpuMs())
      const ref = `r${rep}`
      const text = `${ref} ${TEXT}`
      const [atAuthor, atReader] = [author.events.length, reader.events.length]
      const arrival = reader.when((event) => event.type === 'message' && event.text === text, atReader)
      const typedAt = author.say(text, ref)
      const own = author.when((event) => event.type === 'sent' && event.ref === ref, atAuthor)
      const [message, ownSent, ack] = await Promise.all([arrival, own, author.stored(ref, atAuthor)])
      if (rep >= 0) {
        printed.push(message.at - typedAt)
        sent.push(ownSent.at - typedAt)
        stored.push(ack - typedAt)
      }
      await pause(Math.random() * PAUSE_MS_MAX)
    }
    const cpu = programs.map((program, k) => (program.cpuMs() - cpuBefore[k]!) / reps)
    return {
      work: 'latency',
      figures: [
        {
          name: 'typed on A to printed on B, hub on C',
          unit: 'ms',
          samples: printed,
          targets: [
            { of: 'p50', atMost: 5 },
            { of: 'p99', atMost: 20 },
          ],
        },
        { name: 'typed to sent (own disk) on A', unit: 'ms', samples: sent },
        {
          name: 'typed to ack stored on A',
          unit: 'ms',
          samples: stored,
          targets: [{ of: 'p50', atMost: 10 }],
        },
        { name: 'CPU per text, all it did meanwhile: author', unit: 'ms', samples: [cpu[0]!] },
        { name: 'CPU per text, all it did meanwhile: hub', unit: 'ms', samples: [cpu[1]!] },
        { name: 'CPU per text, all it did meanwhile: reader', unit: 'ms', samples: [cpu[2]!] },
      ],
      notes: ['All three processes and the bench share the cores of this machine.'],
    }
  } finally {
    await lab.close()
  }
}
