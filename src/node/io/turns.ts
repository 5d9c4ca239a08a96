/**
 * The turns of a node: the core is fed one input at a time, with the moment at which it came, and the turn ends once in each
 * turn of the event loop; what the core wants then is carried out in order.
 */
import { AwayWatch } from '../away-watch.ts'
import type { Core } from '../core.ts'
import type { CoreEffect, CoreInput, CoreMoment } from '../core-io.ts'
import { momentNow, systemClock } from './clock.ts'
import type { Intake } from './intake.ts'
import { flushLinks } from './link.ts'
import type { ResilientStore } from './resilient-store.ts'
import { verifyAtOnce } from './verify-pool.ts'

type Verify = Extract<CoreEffect, { do: 'verify' }>

export interface TurnsPorts {
  readonly core: Pick<Core, 'step' | 'hasTurn' | 'endTurn' | 'takeEffects'>
  readonly store: Pick<ResilientStore, 'isBlind' | 'sees'>
  readonly intake: Pick<Intake, 'blind'>
  /** In the order in which the core wants it. */
  carryOut(effect: CoreEffect): void
  log(level: 'error', text: string): void
}

/** What tells the core of the store itself waits for nothing. */
const isOfStore = (input: CoreInput): boolean =>
  input.in === 'storeFailing' || input.in === 'storeReplaced' || input.in === 'salvage'

const flushNothing = () => {}

export class Turns {
  readonly #ports: TurnsPorts
  #isRunning = false
  #isPlanned = false
  #awayWatch = new AwayWatch(0, 0)
  /** Inputs that wait until the store can be read. */
  #held: CoreInput[] | undefined
  /** What this turn wrote may not be handed to the store yet. */
  #isCarrying = false
  /** Commands of listeners that are told meanwhile. */
  readonly #behind: CoreInput[] = []
  /** Signatures that the event loop checks itself, as the turn ends. */
  #atOnce: Verify[] = []

  constructor(ports: TurnsPorts) {
    this.#ports = ports
  }

  /** Is the core fed? Not before the node begins, and not once it ends. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  begin(): void {
    this.#isRunning = true
    this.#awayWatch = new AwayWatch(systemClock.monotonic(), systemClock.wall())
  }

  /** Whatever is given from now on is dropped. Twice is safe. */
  end(): void {
    this.#isRunning = false
  }

  /** One input for the core. Inputs of one turn of the event loop share one end of turn. */
  give(input: CoreInput): void {
    if (!this.#isRunning) return
    // Whoever is told of a message and says something about it at once would find it neither in memory nor in the store.
    if (this.#isCarrying && input.in === 'command') {
      this.#behind.push(input)
      return
    }
    if ((this.#held || this.#ports.store.isBlind) && !isOfStore(input)) return this.#hold(input)
    const at = momentNow()
    this.#noticeAway(at)
    this.#step(input, at)
  }

  /** Has this process not run for a while? To be called some times a second. */
  beat(): void {
    this.#noticeAway(momentNow())
  }

  /** Signatures that are checked as the turn ends: the verify pool has counted them. */
  checkAtEnd(effect: Verify): void {
    this.#atOnce.push(effect)
  }

  /**
   * While the database is opened anew nothing of it can be read, and whatever the core decided then would rest on events
   * that seem to be missing: everything waits, and the links are not read.
   */
  #hold(input: CoreInput): void {
    if (this.#held) {
      this.#held.push(input)
      return
    }
    const { store, intake } = this.#ports
    this.#held = [input]
    intake.blind(true)
    void store.sees().then(() => {
      const held = this.#held ?? []
      this.#held = undefined
      for (const each of held) this.give(each)
      if (!this.#held) intake.blind(false)
    })
  }

  #noticeAway(at: CoreMoment): void {
    const gap = this.#awayWatch.look(at.now, at.wall)
    if (gap?.awayMs !== undefined) this.#step({ in: 'away', ms: gap.awayMs }, at)
    if (gap?.jumped) this.#step({ in: 'clockJumped' }, at)
  }

  #step(input: CoreInput, at: CoreMoment): void {
    const { core, log } = this.#ports
    try {
      core.step(at, input)
    } catch (error) {
      // A bug of ours: the input is lost, the process is not.
      log('error', `internal error at ${input.in}: ${error instanceof Error ? error.stack : String(error)}`)
    }
    if (this.#isPlanned || !core.hasTurn) return
    // A commit carries a whole turn already, and somebody waits for what it lets go: nothing is gathered by waiting.
    if (input.in === 'written') return this.#endTurn(flushNothing)
    this.#plan()
  }

  #plan(): void {
    this.#isPlanned = true
    setImmediate(this.#endPlanned)
  }

  readonly #endPlanned = () => this.#endTurn(flushLinks)

  /**
   * flush: the first of what is to be written to links leaves now. Checks and writes for other threads are handed over before
   * it: these go on meanwhile, and "stored" comes so much sooner. Checks of the event loop itself come behind it, and what they
   * let in is written in the same turn: so it need not wait, and stay in memory, while the next turn is read.
   */
  #endTurn(flush: () => void): void {
    const { core } = this.#ports
    this.#isPlanned = true
    try {
      this.#carryOut()
      flush()
      const checks = this.#atOnce
      this.#atOnce = []
      for (const { ticket, checks: each } of checks)
        this.give({ in: 'verified', ticket, ok: verifyAtOnce(each) })
      if (checks.length > 0 && core.hasTurn) this.#carryOut()
    } finally {
      // What is thrown, by the owner's log or a bug of ours, may be caught by this process: then the next input plans a turn.
      this.#isPlanned = false
    }
    if (this.#atOnce.length > 0 || core.hasTurn) this.#plan()
  }

  #carryOut(): void {
    const { core } = this.#ports
    this.#isCarrying = true
    try {
      core.endTurn()
      for (const effect of core.takeEffects()) this.#ports.carryOut(effect)
    } finally {
      this.#isCarrying = false
      for (const input of this.#behind.splice(0)) this.give(input)
    }
  }
}
