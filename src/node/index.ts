/**
 * lanchat's Node API: the command line and bots use nothing else.
 *
 * @module lanchat
 */
import type { Duplex } from 'node:stream'
import type { BacklogOptions, BacklogReader } from './backlog.ts'
import type { Answer, Command, MessageEvent, NodeEvent } from './events.ts'
import type { Posted } from './posts.ts'

export type { BacklogOptions, BacklogReader } from './backlog.ts'
export { BotError } from './bot/bot-error.ts'
export type {
  BotEvent,
  CommandContext,
  Context,
  EventContext,
  HearsContext,
  MessageContext,
  PresenceContext,
  SystemContext,
} from './bot/context.ts'
export type { ContextOf, Filter, FilterContexts, SystemName } from './bot/filter.ts'
export type { Handler } from './bot/middleware.ts'
export { Bot, type BotMessagesOptions, type BotOptions, type ErrorHandler } from './bot.ts'
export {
  CHECK_NAMES,
  type Check,
  type CheckName,
  type CheckOptions,
  type CheckStatus,
  checkStore,
  runChecks,
} from './checks.ts'
export { createNode } from './create-node.ts'
export { invitationIn, invitationWords, meansInvitation } from './entrance.ts'
export type * from './events.ts'
export {
  checkExport,
  type ExportFault,
  type ExportVerdict,
  exportDigest,
  exportLine,
  type Seal,
} from './exports.ts'
export { type UsableInterface, usableInterfaces } from './interfaces.ts'
export { connectControl } from './io/control.ts'
export { newInvitation, type OwnedNetwork } from './io/founding.ts'
export { exportIdentity, type Imported, importIdentity } from './io/identity-backup.ts'
export { type StoreHere, storesHere } from './io/stores-here.ts'
export { LanchatError } from './lanchat-error.ts'
export { localTime } from './local-time.ts'
export type { Posted } from './posts.ts'
export type { NodeReport } from './report.ts'
export type { DamagedReport, DiskReport, RoomStored, StoreReport } from './store-report.ts'

export interface NodeOptions {
  /** The nick to propose; kept in the profile. */
  name?: string | undefined
  /** Default 'lan'. */
  network?: string | undefined
  /** The network's secret, or an invitation, which names the network too; without it the network is open. */
  code?: string | undefined
  dataDir?: string | undefined
  /** Default 27470, the next free if taken; 0: chosen by the system. */
  port?: number | undefined
  /** Interface names or addresses; default all usable. */
  interfaces?: readonly string[] | undefined
  /** host[:port] of nodes to join where multicast is blocked. */
  peers?: readonly string[] | undefined
  discovery?: boolean | undefined
  neverHub?: boolean | undefined
  preferHub?: boolean | undefined
  /** A visitor (one-shot command) never becomes hub. */
  visitor?: boolean | undefined
  /** As hub: messages per second and person; 0: bounded only by queues. */
  rate?: number | undefined
  timeoutMs?: number | undefined
  /** Links without TLS, for tests and figures: every interface must be a loopback address, else createNode rejects. */
  plainLinks?: boolean | undefined
  /** The profile says that this is a program: other bots leave its messages alone. */
  bot?: boolean | undefined
  /** Away by itself after so many minutes without a command, unless the person chose otherwise; default 0, never. */
  autoAwayMin?: number | undefined
  /** One line per call, never on stdout. Default: errors alone, to stderr. */
  log?: ((level: 'debug' | 'info' | 'warn' | 'error', text: string) => void) | undefined
  signal?: AbortSignal | undefined
  /** Another lanchat of this data dir came in by the control socket; the hello line is written already. */
  onControl?: ((stream: Duplex) => void) | undefined
}

export interface Room {
  readonly name: string
  /** Resolves when stored; rejects with LanchatError, BUSY where too many commands wait already. */
  send(text: string): Promise<Posted>
  /** Answers a message of the room, by its id. Resolves and rejects as send. */
  reply(message: string, text: string): Promise<Posted>
  /** Gives an own message another text. Rejects with LanchatError. */
  edit(message: string, text: string): Promise<void>
  /** Deletes an own message for good. Rejects with LanchatError. */
  delete(message: string): Promise<void>
  /** Gives a message an emoji, or takes it back. Rejects with LanchatError. */
  react(message: string, emoji: string, on?: boolean): Promise<void>
  /**
   * The room's messages from this call on, own ones too, until the node is closed; soon after the start also the last ones of
   * before, marked `history`. A reader that lags behind loses some (see BacklogOptions): `dropped` counts them.
   */
  messages(options?: BacklogOptions): BacklogReader<MessageEvent>
}

export interface Node extends AsyncDisposable {
  readonly self: { readonly id: string; readonly name: string }
  /**
   * Every event in order, from now on; returns its undo. Listeners that throw are logged, never fatal; a promise that one returns
   * is nobody's to wait for.
   * Nothing is emitted in the turn in which createNode resolves. Answers are emitted too, in their place: the very
   * object (with the asker's `ref`, by identity) that execute resolves with afterwards. hears 'own': the messages of
   * others are only told as long as somebody else listens to them, which spares a hub without a reader much of its work.
   */
  on(listener: (event: NodeEvent) => void, hears?: 'all' | 'own'): () => void
  /** Resolves with the ready event; rejects CODE_WRONG, TIMEOUT where the node gave up. */
  readonly ready: Promise<Extract<NodeEvent, { type: 'ready' }>>
  /**
   * Carries out one command: its one answer. Never rejects for what can be refused. Strictly in order of calls; only the
   * error BUSY comes at once, and not among the events, where 16,384 commands wait for their answers.
   */
  execute(command: Command, ref?: unknown): Promise<Answer>
  /** A room by its name, or with `@nick` the talk with somebody. Rejects with LanchatError. */
  join(room: string): Promise<Room>
  /** True when every own event is stored (alone: on own disk). */
  readonly settled: boolean
  /** Resolves once settled; rejects with LanchatError OFFLINE where the node is closed before, and with the signal's reason. */
  settle(signal?: AbortSignal): Promise<void>
  /** Has another node ever been met in this run? */
  readonly metAnyone: boolean
  /** Resolves once the node is closed, by `close`, by its signal, or by itself: EXPELLED, CODE_WRONG ... (an `error` event says why). */
  readonly closed: Promise<void>
  /** Hands over the hub, says goodbye, flushes, closes. Twice is safe. */
  close(): Promise<void>
}
