/** How this process ends: with its exit code, or where its terminal has gone, by the signal that says so. */
import { isatty } from 'node:tty'

/** Of stdin, stdout and stderr: those that were a terminal at the start. */
const terminals = [0, 1, 2].filter((fd) => isatty(fd))

/**
 * Ends this process. At each end Node gives terminals the settings back that they had, and aborts where one cannot take
 * them any more (a closed window, a lost ssh): that would leave a core file, and people would be told of a crash.
 */
export function endProcess(code: number): never {
  if (process.platform !== 'win32' && terminals.some((fd) => !isatty(fd))) {
    // Also where whoever started us had us ignore it: once nobody listens any more it ends us.
    process.on('SIGHUP', () => {})
    process.removeAllListeners('SIGHUP')
    process.kill(process.pid, 'SIGHUP')
  }
  process.exit(code)
}
