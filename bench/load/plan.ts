/** What one load process is asked to do, and what it found. */
export interface Plan {
  /** Name of the peer, as in speeches.ts. */
  readonly peer: string
  readonly port: number
  readonly pids: readonly number[]
  readonly rooms: number
  /** Receivers in each room. */
  readonly members: number
  /** In each room. */
  readonly senders: number
  /** Texts that a sender has under way at once. */
  readonly inFlight: number
  /** Texts a second over all senders; 0: as fast as they are confirmed. */
  readonly rate: number
  readonly warmUpS: number
  readonly seconds: number
  /** The program that counts (count.c). */
  readonly counter: string
}

export interface Outcome {
  readonly deliveries: number
  readonly seconds: number
  readonly bytesPerDelivery: number
  readonly deliveriesPerRead: number
  /** CPU seconds of the server and of the load, in the measured time. */
  readonly serverCpuS: number
  readonly loadCpuS: number
  readonly serverRssMiB: number
  /** From publishing to arrival at a sampled receiver, ms. */
  readonly latencyMs: readonly number[]
  /** From publishing to the server's confirmation, ms; empty where there is none. */
  readonly confirmMs: readonly number[]
}
