/** What counts: rooms, members, ranks, bans and their cuts as a pure, timeless function of control events (rule RM-*). */
export * from './rooms/cuts.ts'
export type { Admission } from './rooms/door.ts'
export { readIds } from './rooms/lifting.ts'
export { reduceNetwork } from './rooms/network.ts'
export { ACT_KINDS, displayOrder, readPersons } from './rooms/pass.ts'
export { reduceRoom } from './rooms/room.ts'
export { isNetworkSetting, SETTING, type SettingName } from './rooms/settings.ts'
export type * from './rooms/view.ts'
