/**
 * Thirty nodes (or --nodes) on two switches. The cable between these is pulled; each side goes on with a hub of its own, and a
 * line is typed on every node. Then the cable is plugged in again: time until all follow one hub, have printed all lines, and
 * say that they hold the same. One repetition is one such partition, 5, 10, 15 or 20 s long in turn: links that break after
 * 10 s of silence are there or not.
 */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from '../figures.ts'
import { allEqual, Nodes, names, oneHub, SETTLE_MS, sharing } from '../nodes.ts'
import type { Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const APART_MS = [5000, 10_000, 15_000, 20_000]

export async function heal({ reps = 4, nodes: count = 30 }: WorkOptions): Promise<Report> {
  const nodes = new Nodes('bnh')
  try {
    const trunk = nodes.lab.trunk('left', 'right')
    for (const [k, name] of names(count).entries()) {
      nodes.host(name, { bridges: [k % 2 === 0 ? 'left' : 'right'], subnetOf: 'left' })
      await nodes.start(name)
    }
    const sides = [0, 1].map((side) => nodes.all.filter((_, k) => k % 2 === side))
    const oneHubMs: number[] = []
    const printedMs: number[] = []
    const equalMs: number[] = []
    const cpuMs: number[] = []
    for (let rep = 0; rep < reps; rep++) {
      await oneHub(nodes.all)
      await pause(SETTLE_MS)
      await allEqual(nodes.all)
      const over = performance.now() + APART_MS[rep % APART_MS.length]!
      const marks = nodes.all.map((program) => program.events.length)
      trunk.down()
      await Promise.all(sides.map((side) => apart(side, `rep${rep}`)))
      await pause(Math.max(0, over - performance.now()))
      const cpuBefore = cpuOf(nodes.all)
      const printed = nodes.all.map((program, k) => printedAll(program, marks[k]!, `rep${rep} `, count))
      trunk.up()
      const at = performance.now()
      const agreed = oneHub(nodes.all).then(() => performance.now())
      const lastPrinted = Math.max(...(await Promise.all(printed)))
      oneHubMs.push((await agreed) - at)
      printedMs.push(lastPrinted - at)
      await allEqual(nodes.all)
      // Agreed again, if somebody changed their mind meanwhile.
      await oneHub(nodes.all)
      equalMs.push(performance.now() - at)
      cpuMs.push(cpuOf(nodes.all) - cpuBefore)
    }
    return {
      work: 'heal',
      figures: [
        {
          name: `partition of ${count} healed: one hub, all hold the same`,
          unit: 'ms',
          samples: equalMs,
          targets: [{ of: 'max', atMost: 5000 }],
        },
        { name: '... one hub for all', unit: 'ms', samples: oneHubMs },
        { name: '... last line of the other side printed', unit: 'ms', samples: printedMs },
        { name: '... CPU of all nodes', unit: 'ms', samples: cpuMs },
      ],
      notes: [`Partitions of 5, 10, 15 and 20 s in turn.`, sharing(count, availableParallelism())],
    }
  } finally {
    await nodes.close()
  }
}

/** One side on its own: it finds a hub, and everybody there says a line that is stored. */
async function apart(side: readonly Program[], ref: string): Promise<void> {
  const marks = side.map((program) => program.events.length)
  for (const program of side) program.say(`${ref} ${program.name}`, ref)
  await Promise.all(side.map((program, k) => program.stored(ref, marks[k])))
  await oneHub(side)
}

/** When the last of so many lines that begin like this was printed here. */
async function printedAll(program: Program, from: number, prefix: string, count: number): Promise<number> {
  const texts = new Set<string>()
  const { at } = await program.when((event) => {
    if (event.type === 'message' && event.text.startsWith(prefix)) texts.add(event.text)
    return texts.size === count
  }, from)
  return at
}

const cpuOf = (programs: readonly Program[]) => programs.reduce((sum, program) => sum + program.cpuMs(), 0)
