/** Ways in which a terminal calls somebody; screen/alert.ts says how. */
export const ALERTS = ['bell', 'osc9', 'osc777', 'title'] as const
export type Alert = (typeof ALERTS)[number]
export const ALERTS_DEFAULT: readonly Alert[] = ['bell', 'title']
