/**
 * Protocol versions. A version is raised when a frame or kind changes its meaning; adding one does not raise it.
 *
 *   1  the first
 */

/** Versions this program speaks, rising. The first is the floor. */
export const WIRE_VERSIONS: readonly number[] = [1]
export const WIRE_VERSION = WIRE_VERSIONS[WIRE_VERSIONS.length - 1]!

/** The highest version in both lists; undefined where there is none (rule AU-4). */
export function chooseVersion(ours: readonly number[], theirs: readonly number[]): number | undefined {
  const common = ours.filter((version) => theirs.includes(version))
  return common.length > 0 ? Math.max(...common) : undefined
}

/** `1` or `1-3`, for people. */
export function versionRange(versions: readonly number[]): string {
  if (versions.length === 0) return 'none'
  const low = Math.min(...versions)
  const high = Math.max(...versions)
  return low === high ? `${low}` : `${low}-${high}`
}
