/** Every time that the choice of hub and the dial list go by, in ms: what a LAN gets, and a quicker set for tests. */

export interface Timing {
  /** Between two heartbeats on every link. */
  readonly heartbeatMs: number
  /** The hub is lost after this long without data (T); raised by 2 x what heartbeats are late by (p99), at most silenceMsMax. */
  readonly silenceMs: number
  readonly silenceMsMax: number
  /** A joiner looks for a hub this long: bootMsMin + random x bootMsSpread. */
  readonly bootMsMin: number
  readonly bootMsSpread: number
  /** ... bootMsMin less what it has asked others before it could dial; but at least this long, for a dial and a join. */
  readonly bootMsLeast: number
  /** ... and up to this much longer while a dial is half done. */
  readonly bootExtraMs: number
  /** Between two rounds of joining while seeking. */
  readonly joinEveryMs: number
  /** A re-dial of the lost hub without answer for this long counts as silence; also the wait for the line's answers. */
  readonly askMs: number
  /** Rank k of the line waits k of these. */
  readonly lineStepMs: number
  /** Nodes outside the line wait a random part of this more. */
  readonly lateMs: number
  /** Who was redirected does not become hub for this long. */
  readonly redirectHoldMs: number
  /** Who lost its relay, and not certainly the hub, does not become hub for this long. */
  readonly relayHoldMs: number
  /** A node that does not get through to a hub takes a peer's offer to carry it after this long. */
  readonly relayAfterMs: number
  /** A circuit that has not come about by then is given up. */
  readonly relayDialMs: number
  /** Who is relayed tries to reach the hub by itself after directMsMin, each time after twice as long, at most directMsMax. */
  readonly directMsMin: number
  readonly directMsMax: number
  /** A node that knows a hub only from peers, and whom none of them carries there, becomes one after this long. */
  readonly strandedMs: number
  /** A node that hears hubs and is taken in by none becomes one after this: longer than deadLinkMs, after which an honest one ends such a link. */
  readonly hollowMs: number
  /** After this long without a hub people are told. */
  readonly offlineAfterMs: number
  /** A hub that said ok to an absorb stays hub for this long. */
  readonly promiseMs: number
  /** Between two asks to be absorbed: absorbRetryMs + random x absorbRetryMsSpread. */
  readonly absorbRetryMs: number
  readonly absorbRetryMsSpread: number
  /** A hub that could not dial another one is the better of the two for this long. */
  readonly favourMs: number
  /** A hub moves only to a hub that its own dial has reached within this time. */
  readonly ownDialMs: number
  /** A new hub dials all it knows after these. */
  readonly hubDialsMs: readonly number[]
  /** A hub dials one lost address each. */
  readonly lostDialEveryMs: number
  /** A hub asks mDNS anew each. */
  readonly queryEveryMs: number
  /** A hub alone asks each address of its subnet: first, then each for a while, then each. */
  readonly subnetFirstMs: number
  readonly subnetEveryMs: number
  readonly subnetWhileMs: number
  readonly subnetLaterMs: number
  /** A hub has one candidate dialled back each; a candidate that failed again after dialBackAgainMs. */
  readonly dialBackEveryMs: number
  readonly dialBackAgainMs: number
  /** A hub whose dial-back did not arrive within this + 6 round trips is unreachable. */
  readonly unreachableMs: number
  /** A client opens its warm link to line[0] after warmMsMin + random x warmMsSpread. */
  readonly warmMsMin: number
  readonly warmMsSpread: number
  /** A hub hands over to a better node at most once in this time. */
  readonly handoverEveryMs: number
  /** ... that has been in sync for this long. */
  readonly syncedMs: number
  /** A hand-over without an answer for this long + 3 round trips has failed. */
  readonly handoverMs: number
  /** A process whose event loop was away longer asks before it acts. Less than silenceMs - heartbeatMs. */
  readonly awayMs: number
  /** ... and acts as before when nobody named another hub for this long. */
  readonly wokenMs: number
  /** A leaving hub is gone after this. */
  readonly quitMs: number
  readonly beaconEveryMs: number
  /** A client reports another hub at most once in this time. */
  readonly reportEveryMs: number
  /** A client asks its hub something each, only to know the round trip. */
  readonly probeEveryMs: number
  /** A link that a client opened and needs no more is closed after this. */
  readonly idleLinkMs: number
  /** A link without data for this long is closed. */
  readonly deadLinkMs: number
  /** Waits between dials of an address that never authenticated; doubled from min to max. */
  readonly backoffMsMin: number
  readonly backoffMsMax: number
  /** Waits between dials of an address that once did, doubled from min to max. */
  readonly redialMsMin: number
  readonly redialMsMax: number
  /** Between the addresses of one node. */
  readonly raceMs: number
  /** Uptime that counts as stable, s. */
  readonly stableS: number
}

/** Measured on LANs with delay, loss and firewalls: see the design's figures. */
export const LAN: Timing = {
  heartbeatMs: 500,
  silenceMs: 2000,
  silenceMsMax: 3500,
  bootMsMin: 700,
  bootMsSpread: 300,
  bootMsLeast: 350,
  bootExtraMs: 2500,
  joinEveryMs: 150,
  askMs: 600,
  lineStepMs: 300,
  lateMs: 1000,
  redirectHoldMs: 4000,
  relayHoldMs: 2000,
  relayAfterMs: 1000,
  relayDialMs: 2000,
  directMsMin: 1000,
  directMsMax: 30_000,
  strandedMs: 30_000,
  hollowMs: 15_000,
  offlineAfterMs: 500,
  promiseMs: 1000,
  absorbRetryMs: 200,
  absorbRetryMsSpread: 400,
  favourMs: 10_000,
  ownDialMs: 60_000,
  hubDialsMs: [0, 250, 500],
  lostDialEveryMs: 1000,
  queryEveryMs: 2000,
  subnetFirstMs: 2000,
  subnetEveryMs: 4000,
  subnetWhileMs: 20_000,
  subnetLaterMs: 30_000,
  dialBackEveryMs: 200,
  dialBackAgainMs: 10_000,
  unreachableMs: 1000,
  warmMsMin: 1000,
  warmMsSpread: 4000,
  handoverEveryMs: 600_000,
  syncedMs: 2000,
  handoverMs: 300,
  awayMs: 1000,
  wokenMs: 1000,
  quitMs: 1000,
  beaconEveryMs: 5000,
  reportEveryMs: 2000,
  probeEveryMs: 5000,
  idleLinkMs: 10_000,
  deadLinkMs: 10_000,
  backoffMsMin: 1000,
  backoffMsMax: 60_000,
  redialMsMin: 500,
  redialMsMax: 4000,
  raceMs: 250,
  stableS: 600,
}

/**
 * For tests with real links on one machine: the same proportions, about five times as quick. Not quicker: a busy test
 * machine delays a process by more than 100 ms, and that may not look like silence.
 */
export const QUICK: Timing = {
  ...LAN,
  heartbeatMs: 150,
  silenceMs: 900,
  silenceMsMax: 1500,
  bootMsMin: 200,
  bootMsSpread: 100,
  bootMsLeast: 100,
  bootExtraMs: 1000,
  joinEveryMs: 60,
  askMs: 250,
  lineStepMs: 120,
  lateMs: 300,
  redirectHoldMs: 1500,
  relayHoldMs: 700,
  relayAfterMs: 300,
  relayDialMs: 700,
  directMsMin: 300,
  directMsMax: 5000,
  strandedMs: 5000,
  absorbRetryMs: 100,
  absorbRetryMsSpread: 150,
  promiseMs: 500,
  lostDialEveryMs: 250,
  queryEveryMs: 500,
  dialBackEveryMs: 60,
  warmMsMin: 50,
  warmMsSpread: 100,
  syncedMs: 300,
  awayMs: 700,
  wokenMs: 400,
  beaconEveryMs: 1000,
  backoffMsMin: 200,
  redialMsMin: 100,
}
