/** What a command of the system prints. */
import { execFile } from 'node:child_process'

const MS_MAX = 3500

/** undefined where it is missing, fails or takes too long. */
export function output(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args], { timeout: MS_MAX, windowsHide: true }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    )
  })
}
