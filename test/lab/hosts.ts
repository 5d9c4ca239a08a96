/** The lab for tests: what network.ts makes, and describe() for it. */
import { describe } from 'vitest'
import { whyNoLab } from './net.ts'

export { createLab, type Drop, Host, type HostOptions, Lab } from './network.ts'

const why = whyNoLab()
if (why !== undefined && process.env.CI === 'true') throw new Error(`The lab needs root and nftables: ${why}`)
if (why !== undefined) console.warn(`\n*** LAB TESTS ARE SKIPPED: they need root and nftables: ${why} ***\n`)

/** describe() for tests that need a lab: skipped, loudly, where none can be made; an error in CI. */
export const describeInLab = describe.skipIf(why !== undefined)
