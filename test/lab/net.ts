/** Commands that build the lab's networks. Everything happens in namespaces of ours; the machine's own network is not touched. */
import { execFileSync } from 'node:child_process'

/** Runs a command to its end. Throws with what it printed on stderr. */
export function run(command: string, args: readonly string[], input?: string): string {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      input: input ?? '',
    })
  } catch (error) {
    const printed = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    throw new Error(`${command} ${args.join(' ')}: ${printed || String(error)}`, { cause: error })
  }
}

export function ip(...args: string[]): string {
  return run('ip', args)
}

/** Loads nftables rules inside a namespace. */
export function nft(namespace: string, rules: string): void {
  run('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], rules)
}

/** Names of the namespaces there are. */
export function namespaces(): string[] {
  return ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '')
}

/** Ends what still runs inside and removes the namespace with its interfaces. Missing ones are fine. */
export function removeNamespace(name: string): void {
  if (!namespaces().includes(name)) return
  for (const line of ip('netns', 'pids', name).split('\n')) {
    const pid = Number(line)
    if (pid > 1) kill(pid)
  }
  ip('netns', 'del', name)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Why this machine cannot make namespaces, or undefined where it can. */
export function whyNoLab(): string | undefined {
  const probe = `lab-probe-${process.pid}`
  try {
    ip('netns', 'add', probe)
    ip('netns', 'exec', probe, 'nft', 'list', 'ruleset')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    try {
      removeNamespace(probe)
    } catch {
      // Never made.
    }
  }
}
