/** `lanchat pack [file]`: the package for an installation without internet, as a file. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EXIT } from './exit.ts'
import { replaceFile, unwritable } from './made-file.ts'
import { ownFolder, packOffline } from './offline/package.ts'
import type { Settings } from './options.ts'
import { report } from './report.ts'
import { shellWord } from './shell-word.ts'
import { sizeText } from './size-text.ts'
import type { World } from './world.ts'

/** Without a folder in front npm would look for a package of this name. */
export const installCommand = (file: string): string =>
  `npm install --global --offline --ignore-scripts ${shellWord(/^\.|[\\/]/.test(file) ? file : `./${file}`)}`

/**
 * file: where to; a folder gets the usual name, and so does the current one without it. An older package is replaced.
 * --json prints { type: 'package', file, bytes, sha256, version }.
 */
export function pack(world: World, settings: Settings, file = '.'): Promise<number> {
  return report(world, settings, async ({ say, hint }) => {
    const packed = packOffline(ownFolder())
    const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? file.endsWith('/')
    const path = isFolder ? join(file, packed.file) : file
    try {
      mkdirSync(dirname(resolve(path)), { recursive: true })
    } catch (error) {
      throw unwritable(path, error)
    }
    replaceFile(path, packed.bytes)
    const { sha256, version } = packed
    const bytes = packed.bytes.length
    say(
      { type: 'package', file: path, bytes, sha256, version },
      `${path}: ${sizeText(bytes)}, SHA-256 ${sha256}`,
    )
    hint(`On any machine with Node 20.19 or later, without internet:\n  ${installCommand(path)}`)
    return EXIT.ok
  })
}
