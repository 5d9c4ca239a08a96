/** The turns of a node's event loop: what goes wrong in one leaves the next as they are. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { NodeShell } from '../../../src/node/io/node.ts'
import { HOST } from './lan.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo()
})

it("a node goes on behind a turn in which its owner's log throws", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lanchat-turn-'))
  cleanups.push(() => rm(dataDir, { recursive: true }))
  let isBroken = false
  const node = await NodeShell.open({
    dataDir,
    name: 'ann',
    discovery: false,
    interfaces: [HOST],
    port: 0,
    log: () => {
      if (isBroken) throw new Error('the log is full')
    },
  })
  cleanups.push(() => node.close())
  await node.ready
  const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve))
  cleanups.push(() => process.setUncaughtExceptionCaptureCallback(null))
  // Told to the log, as whatever a listener throws.
  const off = node.on(() => {
    throw new Error('a listener')
  })
  isBroken = true
  void node.execute({ do: 'hub' })
  expect(await thrown).toEqual(new Error('the log is full'))
  isBroken = false
  off()
  expect(await node.execute({ do: 'hub' })).toMatchObject({ type: 'result' })
})
