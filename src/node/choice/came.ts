/** How this node came under its present hub, as far as it saw: for people who ask why. It decides nothing. */
import type { PersonKey } from '../../wire/ids.ts'
import type { Choice, Link } from './state.ts'

/**
 * first: this node is hub since its start, alone. found: that hub was hub already. took: after a loss. handed: the hub
 * before left, or wanted another one. sent: the hub before gave up for it. met: this node was hub and gave up for it.
 */
export interface Came {
  readonly how: 'first' | 'found' | 'took' | 'handed' | 'sent' | 'met'
  /** The hub before, where one was known. */
  readonly before: PersonKey | null
}

/** A hand-over and the redirect behind it are this near. */
const HANDED_MS = 5000

/** This node is about to follow; its phase is still the one before. */
export function cameToFollow(choice: Choice, now: number, link: Link): void {
  const { phase } = choice
  if (phase.state !== 'seeking') return
  const { why, lost } = phase
  if (lost === link.key) return
  if (why === 'boot' || why === 'woken') choice.came = { how: 'found', before: null }
  else if (why !== 'redirect') choice.came = { how: 'took', before: lost }
  else if (lost !== null) choice.came = { how: 'sent', before: lost }
  else if (now - choice.handedOverAt < HANDED_MS) choice.came = { how: 'handed', before: choice.self }
  else choice.came = { how: 'met', before: null }
}

/** This node is about to be hub; its phase is still the one before. */
export function cameToBeHub(choice: Choice, from: 'boot' | 'loss' | 'handover'): void {
  const { phase } = choice
  if (from === 'boot') choice.came = { how: 'first', before: null }
  else if (phase.state === 'following') choice.came = { how: 'handed', before: phase.hub }
  else choice.came = { how: 'took', before: phase.state === 'seeking' ? phase.lost : null }
}
