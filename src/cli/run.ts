/** From argument words to exit code: reads options, then does what was asked for. */
import { readArguments } from './arguments.ts'
import type { CallName, OwnOptions } from './calls.ts'
import { EXIT } from './exit.ts'
import { readConfig, type Settings, settingsOf, UsageError } from './options.ts'
import { Output } from './output.ts'
import type { World } from './world.ts'

/** A disk that took not all of it, as against a reader that has gone and misses nothing. */
const LOST = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'])

/** argv: without node and script. Returns the exit code; everything is written then. Rejects only on a mistake of ours. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  let why = ''
  world.stdout.on('error', (error: NodeJS.ErrnoException) => {
    why ||= error.code ?? ''
  })
  const code = await carryOut(argv, world)
  // A terminal that is gone says EIO as well.
  if (!LOST.has(why) || world.stdout.isTTY) return code
  const errors = new Output(world.stderr)
  errors.write(
    `lanchat: stdout could not be written to its end (${why}). Free some space, or print elsewhere.\n`,
  )
  await errors.flushed()
  return code || EXIT.failure
}

async function carryOut(argv: readonly string[], world: World): Promise<number> {
  try {
    const asked = await readArguments(argv, world.version)
    if ('print' in asked) {
      return await print(world, asked.print)
    }
    const settings = settingsOf(asked.flags, world.env, readConfig(await world.configFile()))
    return await call(asked.call, asked.words, settings, asked.own, world)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const errors = new Output(world.stderr)
    errors.write(`lanchat: ${error.message}\nTry: lanchat --help\n`)
    await errors.flushed()
    return EXIT.usage
  }
}

/** Each is loaded only when it is called: a start reads no code it does not need. */
async function call(
  name: CallName,
  words: readonly string[],
  settings: Settings,
  own: OwnOptions,
  world: World,
): Promise<number> {
  switch (name) {
    case 'chat': {
      const { chat } = await import('./chat.ts')
      return chat(world, settings, settings.json ? 'json' : 'lines')
    }
    case 'hub': {
      if (own.drain) {
        const { drain } = await import('./drain.ts')
        return drain(world, settings)
      }
      if (settings.node.neverHub) throw new UsageError('hub and --never-hub exclude each other.')
      const { chat } = await import('./chat.ts')
      return chat(world, settings, 'hub')
    }
    case 'id': {
      const { id } = await import('./id.ts')
      return id(world, settings, own, words)
    }
    case 'doctor': {
      if (own.store) {
        const { doctorStore } = await import('./doctor/store.ts')
        return doctorStore(world, settings)
      }
      const { doctor } = await import('./doctor.ts')
      return doctor(world, settings)
    }
    case 'send': {
      const { send } = await import('./send.ts')
      return send(world, settings, words)
    }
    case 'tail': {
      const { tail } = await import('./tail.ts')
      return tail(world, settings, words[0])
    }
    case 'history': {
      const { history } = await import('./history.ts')
      return history(world, settings, words[0]!, words[1])
    }
    case 'search': {
      const { search } = await import('./search.ts')
      return search(world, settings, own, words)
    }
    case 'export': {
      const { exportRoom } = await import('./export.ts')
      return exportRoom(world, settings, own, words[0])
    }
    case 'verify': {
      const { verify } = await import('./verify.ts')
      return verify(world, settings, words[0]!)
    }
    case 'top':
      return call('status', words, settings, { watch: true }, world)
    case 'status':
      if (own.watch) {
        const { watch } = await import('./watch.ts')
        return watch(world, settings)
      }
      return ask(world, settings, '/status')
    case 'rooms':
    case 'who':
      return ask(world, settings, `/${name} ${words[0] ?? ''}`)
    case 'network': {
      const { network } = await import('./network.ts')
      return network(world, settings, own, words)
    }
    case 'places': {
      const { places } = await import('./places.ts')
      return places(world, settings)
    }
    case 'share': {
      const { share } = await import('./share.ts')
      return share(world, settings)
    }
    case 'pack': {
      const { pack } = await import('./pack.ts')
      return pack(world, settings, words[0])
    }
    case 'completion': {
      const { completion } = await import('./completion.ts')
      return completion(world, words[0]!)
    }
    case 'manual': {
      const { manPage } = await import('./man-page.ts')
      return print(world, manPage(world.version))
    }
    case 'complete': {
      const { complete } = await import('./complete.ts')
      return complete(world, settings, words[0]!)
    }
  }
}

async function ask(world: World, settings: Settings, command: string): Promise<number> {
  const { question } = await import('./question.ts')
  return question(world, settings, command)
}

async function print(world: World, text: string): Promise<number> {
  const output = new Output(world.stdout)
  output.write(text)
  await output.flushed()
  return EXIT.ok
}
