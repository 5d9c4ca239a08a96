/** Windows lets nobody in on a network that it takes for a public one. */
import { type Finding, fail, pass, skip } from './check.ts'
import { output } from './output.ts'

export interface Profile {
  readonly name: string
  readonly isPublic: boolean
}

export async function networkProfiles(): Promise<readonly Profile[] | undefined> {
  const script =
    'Get-NetConnectionProfile | Select-Object InterfaceAlias, NetworkCategory | ConvertTo-Json -Compress'
  const text = await output('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script])
  return text === undefined ? undefined : readProfiles(text)
}

/** One object, or a list of them; the category is a number (0: public) or its name. undefined: not understood. */
export function readProfiles(text: string): Profile[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return (Array.isArray(value) ? value : [value]).map((item: Record<string, unknown>) => ({
      name: String(item.InterfaceAlias),
      isPublic: item.NetworkCategory === 0 || item.NetworkCategory === 'Public',
    }))
  } catch {
    return undefined
  }
}

export function judgeProfiles(
  profiles: readonly Profile[] | undefined,
  platform: NodeJS.Platform = process.platform,
): Finding {
  if (platform !== 'win32') return skip('Only Windows has public and private networks.')
  if (!profiles) return skip('Windows did not tell its network profiles.')
  const open = profiles.filter(({ isPublic }) => isPublic).map(({ name }) => name)
  if (open.length === 0) return pass('Windows takes this network for a private one.')
  return fail(
    `Windows takes ${open.join(', ')} for a public network and lets nobody in.`,
    `If you trust it, in an administrator's PowerShell: Set-NetConnectionProfile -InterfaceAlias '${open[0]}' -NetworkCategory Private`,
  )
}
