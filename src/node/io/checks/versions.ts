/** Which programs these are. */
import { versionRange, WIRE_VERSIONS } from '../../../wire/version.ts'
import { PROGRAM_VERSION } from '../../program-version.ts'
import { type Finding, fail, pass, warn } from './check.ts'

const NODE_MIN = [20, 19] as const

/** running: the version of the lanchat running here. */
export function judgeVersions(running: string | undefined, node = process.versions.node): Finding {
  const told = `lanchat ${PROGRAM_VERSION}, wire ${versionRange(WIRE_VERSIONS)}, Node ${node}, ${process.platform} ${process.arch}`
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]))
    return fail(`${told}: this Node is too old.`, `Install Node ${NODE_MIN.join('.')} or later.`)
  if (running !== undefined && running !== PROGRAM_VERSION)
    return warn(`${told}, but the lanchat running here is ${running}.`, 'Quit it and start it again.')
  return pass(`${told}.`)
}
