/** What one load process is asked to do, and what it found. */
export interface Plan {
  /** Name of the peer, as in speeches.ts. */
  readonly peer: string
  readonly port: number
  readonly tls: boolean
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
  /** How many members join at the same time. */
  readonly joiningAtOnce: number
  readonly warmUpS: number
  readonly seconds: number
  /** Instead of the seconds: until so many texts are confirmed; 0: by time. */
  readonly texts: number
  /** Texts in one write of a sender; 0: as many as it may have under way still. */
  readonly together: number
  /** How long the server has after the last member came in, before its memory is read. */
  readonly settleS: number
  /** The program that counts: count.c, or decrypt.c over TLS. */
  readonly counter: string
}

export interface Outcome {
  readonly deliveries: number
  /** Texts that the server confirmed, or a sample received, in the measured time. */
  readonly texts: number
  readonly seconds: number
  readonly bytesPerDelivery: number
  readonly deliveriesPerRead: number
  /** CPU seconds of the server and of the load, in the measured time. */
  readonly serverCpuS: number
  readonly loadCpuS: number
  readonly serverRssMiB: number
  /** From publishing to arrival at a sampled receiver, ms. */
  readonly latencyMs: readonly number[]
  /** The author's own part of these, ms: what it does with a text until its socket has it, such as signing. */
  readonly writingMs: readonly number[]
  /** From publishing to the server's confirmation, ms; empty where there is none. */
  readonly confirmMs: readonly number[]
  readonly arrivals: Arrivals
}

/** The receivers' coming in. */
export interface Arrivals {
  readonly joined: number
  /** From the first to a second behind the last, and the server's CPU seconds in that time. */
  readonly seconds: number
  readonly serverCpuS: number
  /** CPU seconds of the server for each second after that, with all of them idle. */
  readonly idleCpuSPerS: number
  readonly loadCpuS: number
  /** Of the server, before the first and after the last, MiB. */
  readonly rssBeforeMiB: number
  readonly rssAfterMiB: number
}
