/** End-to-end sealing of private rooms and talks: box keys, room keys, bodies and texts (rules SE-*). Pure. */
export * from './sealing/box-keys.ts'
export * from './sealing/code-box.ts'
export * from './sealing/key-ring.ts'
export * from './sealing/room-key.ts'
export * from './sealing/sealed.ts'
