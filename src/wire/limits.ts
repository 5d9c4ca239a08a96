/** Every cap of the protocol, with its reason. A cap on a valid event delays it and never refuses it. */

/** One websocket message. Two runs with full bodies fit; larger only helps an attacker. */
export const FRAME_BYTES_MAX = 64 * 1024
/** Fragments of one message: nobody of ours fragments; a few allow proxies. */
export const FRAGMENTS_MAX = 16
/** Arrays and maps inside each other, the frame's own included: ours need 4. */
export const MSGPACK_DEPTH_MAX = 8
/** Values in one frame: a full live frame of single runs needs about 1,800. */
export const MSGPACK_ITEMS_MAX = 4096
/** Events in one run: one signature check then costs about 1 us per event. */
export const RUN_EVENTS_MAX = 64
/** All bodies of a run, hence any body: half a frame, so that headers always fit beside them. */
export const RUN_BODY_BYTES_MAX = 32 * 1024
/** UTF-8 bytes of one text: some screens of prose, and 4 of them fit in a run's bodies. */
export const TEXT_BYTES_MAX = 8000
/** A person's name on screen. 63 bytes is also what a DNS label could hold. */
export const NICK_GRAPHEMES_MAX = 24
export const NICK_BYTES_MAX = 63
export const ROOM_NAME_GRAPHEMES_MAX = 32
export const ROOM_NAME_BYTES_MAX = 96
export const TOPIC_BYTES_MAX = 512
export const REASON_BYTES_MAX = 256
export const MODE_TEXT_BYTES_MAX = 200
export const ABOUT_BYTES_MAX = 256
export const NETWORK_NAME_BYTES_MAX = 63
/** Members of a private room: a key event seals 80 bytes to each device and must fit one body. */
export const PRIVATE_MEMBERS_MAX = 256
/** Cut entries that fit one body. */
export const CUT_ENTRIES_MAX = 800
/** Events that go on with one cut, 52,000 lanes in all: ten starts of the program a day in one room for seven years, in 2 MB. */
export const CUT_PARTS_MAX = 64
/** Further keys that are ever linked to one person: a new phone each half year for sixteen years. Each is sealed to and cut apart. */
export const DEVICES_MAX = 32
/** Persons that a room's setting lists: members and authors when it was made. Fit one body. */
export const LISTED_PERSONS_MAX = 800
/** A message and its edits, deleted at once by another device of their author; of more the rest goes in the next. */
export const ERASE_TARGETS_MAX = 64
/** Room keys in one keyring: as many as fit a body with room to spare; more go in the next. */
export const KEYRING_MAX = 256
/** Codes before it that a new one replaces and hands on: more are not remembered, and let nobody in either way. */
export const FORMER_CODES_MAX = 32
/** A sealed code: of at most 128 letters and digits. */
export const CODE_TEXT_BYTES_MAX = 256
/** Events and tombstones may lie this far in the future before they are held. */
export const FUTURE_MS_MAX = 7 * 24 * 3600 * 1000
/** A content lane's period. */
export const PERIOD_MS = 15 * 24 * 3600 * 1000
/** How long content is kept in a network without an owner. */
export const RETENTION_DAYS = 180
/** Between expiry and erasure: a wrong clock corrected within a week loses nothing. */
export const ERASE_AFTER_MS = 7 * 24 * 3600 * 1000
/** Between seeing what another device of its author deleted and erasing it: who unlinks a stolen device within a week loses nothing. */
export const ERASE_HIDDEN_AFTER_MS = 7 * 24 * 3600 * 1000
/** Largest time stamp: 6 bytes. */
export const TIME_MAX = 2 ** 48 - 1
/** Places one store answers to; more never met in practice, and hello stays small. */
export const PLACES_MAX = 32
/** A place is grown after this time, once not alone. */
export const PLACE_GROWN_S = 600
/** Nodes in the line. */
export const LINE_MAX = 5
/** Sync: entries per page of a vector (64 bytes each) so that a page stays under the frame cap. */
export const VECTOR_PAGE_ENTRIES_MAX = 960
/** Sync: lanes asked for in one want. */
export const WANT_ENTRIES_MAX = 256
/** Sync: wants under way on one link; bounds what a peer can have in flight to us. */
export const WANTS_MAX = 4
/** Rooms listed in one have frame (33 bytes each). */
export const HAVE_PAGE_ENTRIES_MAX = 1800
/** Keys in one roster frame (32 bytes each). */
export const ROSTER_PAGE_KEYS_MAX = 1800
/** A person's picture: a face of 128 pixels square, and room beside it in the one body that carries it. */
export const PICTURE_BYTES_MAX = 16 * 1024
/** Lanes of one author in one word about how far they are held: an author of so many runs of the program at once is rare. */
export const MARKER_LANES_MAX = 16
/** Lanes that short numbers stand for on one link: two of each of a thousand who write at once, in half a MiB. */
export const NUMBERED_LANES_MAX = 2048
/** Members of one hub: each costs it a socket and some 50 KiB. */
export const MEMBERS_MAX = 8192
/** Links that have not authenticated yet: all, and from one address. */
export const UNAUTHENTICATED_MAX = 128
export const UNAUTHENTICATED_PER_ADDRESS_MAX = 16
/** TLS and auth: each must be over within this. */
export const HANDSHAKE_MS_MAX = 2000
/** A websocket message once begun must end within this. */
export const FRAME_MS_MAX = 5000
/** Bytes waiting for a slow reader before the link is dropped whole; the reader resumes by sync. */
export const SEND_QUEUE_BYTES_MAX = 1024 * 1024
/** No progress of a waiting reader for this long ends the link too. */
export const SEND_STALL_MS_MAX = 10_000
/** What one person may publish: the sustained rate and the burst (credit). */
export const RATE_PER_S = 10
export const RATE_BURST = 40
/** Of that, control events, kept for ever: some dozens a day are made by hand, one for each private room with a device. */
export const CONTROL_PER_S = 0.1
export const CONTROL_BURST = 4096
/** What one who comes may bring at once of their own, written before: a year of 180 lines a day, where nobody else has them any more. */
export const AWAY_BURST = 65_536
/** One machine may write as much as so many persons, under whatever keys: people share machines, and keys cost nothing. */
export const HOST_PERSONS = 8
/** So many bursts are granted to one machine at once: to a class at terminals of one. */
export const HOST_BURSTS = 64
/** What one machine may bring at once of what anybody wrote, in events or KiB: ten times the history of a class. */
export const HOST_AWAY_BURST = 2 ** 20
/** Authors of whom is remembered how much was taken of them: those of a full hub. */
export const RATED_AUTHORS_MAX = 8192
/** Faults until a link is dropped and key and address wait out the penalty. */
export const FAULTS_MAX = 3
export const PENALTY_MS = 60_000
/** A witness is sent at most this often. */
export const WITNESS_EVERY_MS = 200
/** A beacon: five nodes of the line with three addresses each fit. */
export const BEACON_BYTES_MAX = 2048
export const BEACON_ADDRESSES_MAX = 4
export const BEACON_LINE_ADDRESSES_MAX = 3
/** `[v6 address]:port` with a zone, or a host name. */
export const ADDRESS_BYTES_MAX = 64
export const BEACON_EVERY_MS = 5000
/** Counted on the receiver's own clock, from the first arrival of this beacon. Three may be lost. */
export const BEACON_VALID_MS = 15_000
/** Entries of one witness (52 bytes each): half a frame. */
export const WITNESS_ENTRIES_MAX = 512
/** What a relay carries in one message: a frame less the room for its own head; a larger frame goes in two pieces. */
export const SEALED_BYTES_MAX = FRAME_BYTES_MAX - 64
/** Circuits that run through one relay: each costs it every byte twice, so a lab behind one machine still works. */
export const CIRCUITS_MAX = 64
/** Circuits that one peer opens through a relay or to a hub, within a second: a handshake costs some ms. */
export const CIRCUITS_PER_S = 8
/** Bytes a link may owe its reader before a relay gives up a circuit over it: the link itself is never dropped for one. */
export const RELAY_QUEUE_BYTES_MAX = SEND_QUEUE_BYTES_MAX / 2
/** What one device of a person tells another at once: the read marks of 90 rooms, sealed. */
export const OWN_BYTES_MAX = 8192
