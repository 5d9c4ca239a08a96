/** Exports for whoever writes or checks a file: how a line is written, the digest of all lines, and what is wrong with them. */
import { hex } from '../wire/bytes.ts'
import { nodeCrypto } from './crypto.ts'
import { type ExportVerdict, exportLine, LinesDigest, verifyExport } from './verify-export.ts'

export type { ExportFault, ExportVerdict, Seal } from './verify-export.ts'
export { exportLine }

/** What the command `seal` takes, of all lines of an export in order: 64 hex digits. */
export function exportDigest(lines: Iterable<string>): string {
  const digest = new LinesDigest(nodeCrypto)
  for (const line of lines) digest.add(line)
  return hex(digest.bytes)
}

/** Checks the lines of an export, without a network. Never throws for what they hold. */
export const checkExport = (lines: Iterable<string>): ExportVerdict => verifyExport(nodeCrypto, lines)
