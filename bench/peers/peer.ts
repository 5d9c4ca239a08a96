/**
 * What the runner needs to know of a chat server in order to compare it: how to start it, how a connection joins, how a
 * text is published, and how the server says that it has it. One file a peer; all of them speak to `../load/load.ts`.
 */
import type { Socket } from 'node:net'
import type { TlsWay } from '../load/connection.ts'
import type { Certificate } from './certificate.ts'

/** A server under measurement, started for one repetition. */
export interface Server {
  /** The processes whose CPU time and memory are the server's. */
  readonly pids: readonly number[]
  readonly port: number
  stop(): Promise<void>
}

export interface Start {
  /** An empty folder of this repetition's own. */
  readonly directory: string
  /** Put in front of the server's command: pins it to its core. */
  readonly pin: readonly string[]
  /** Given: links are TLS 1.3. Servers with keys of their own do not look at it. */
  readonly tls?: Certificate
}

/** A member of the load: its number, and the rooms it is in. */
export interface Member {
  readonly number: number
  readonly rooms: readonly number[]
  readonly role: 'receiver' | 'sender'
}

/** A joined sender. */
export interface Sender {
  /** Publishes texts to its room in one write. */
  publish(texts: readonly Buffer[]): void
  /** How many more of its texts the server has confirmed; the load feeds it whatever arrives on the sender's connection. */
  confirmed?(chunk: Buffer): number
}

export interface Peer {
  readonly name: string
  /** Version and settings, for the table. */
  readonly about: string
  /** Can it be measured over TLS? */
  readonly speaksTls: boolean
  start(options: Start): Promise<Server>
}

export interface Keepalive {
  readonly bytes: Buffer
  readonly everyMs: number
}

/** The half of a peer that the load process uses: pure talk over a connection. */
export interface Speech {
  /** What is asked of a fresh connection first: the upgrade to a websocket. */
  open?(socket: Socket): Promise<void>
  /** Joins the member's rooms; resolves once the server has confirmed. binding: what TLS exports, zeros without it. */
  join(socket: Socket, member: Member, binding: Uint8Array): Promise<void>
  /** member.rooms[0] is where it publishes. */
  sender(socket: Socket, member: Member): Sender
  /** How TLS is spoken to this server; left out: not at all. */
  tls?(): TlsWay | Promise<TlsWay>
  /** Does the server say that it has a text? If not, its receipt at a sample stands for that. */
  readonly isConfirming: boolean
  /** What each member must send now and then. Asked once somebody has joined. */
  keepalive?(): Keepalive
}
