/**
 * Alone: nobody here can confirm what this node writes, so its own disk is all there is (rule AK-4). Who says that its disk
 * does not work confirms nothing and counts as nobody. Pure.
 */
import { type Choice, FLAG, type Link, type LinkId } from './choice/state.ts'

/** A new hub to which others have links waits this long for them before it calls itself alone. */
const NEW_HUB_MS = 2000

/** Does whoever is at the other end of this link say that its disk does not work? */
export const isWithoutDisk = (link: Link | undefined): boolean =>
  link?.beat !== undefined && (link.beat.flags & FLAG.diskless) !== 0

/** As hub since `since`; isMember: has it joined? now: monotonic ms. */
export function isAloneAsHub(
  choice: Choice,
  since: number,
  isMember: (link: LinkId) => boolean,
  now: number,
): boolean {
  const isNew = now - since < NEW_HUB_MS
  for (const link of choice.links.values())
    if (!link.visitor && (isNew || isMember(link.id)) && !isWithoutDisk(link)) return false
  return true
}

/** As the only follower of a hub whose disk does not work. */
export function isAloneFollowing(choice: Choice, hub: LinkId): boolean {
  const link = choice.links.get(hub)
  return isWithoutDisk(link) && link!.beat!.members <= 1
}
