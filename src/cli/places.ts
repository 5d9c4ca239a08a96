/** `lanchat places`: which stores lie in this data dir. Opens none of them. */
import { EXIT } from './exit.ts'
import type { Settings } from './options.ts'
import { report } from './report.ts'
import { sizeText } from './size-text.ts'
import { table } from './tables.ts'
import type { World } from './world.ts'

/** --json prints { type: 'places', stores }. */
export function places(world: World, settings: Settings): Promise<number> {
  return report(world, settings, async ({ say }) => {
    const { storesHere } = await world.load()
    const stores = await storesHere(settings.node.dataDir)
    const rows = stores.map((store) => ({
      network: store.network ?? '?',
      place: store.place ?? (store.hasCode ? 'its code' : '?'),
      size: settings.plain ? store.bytes : sizeText(store.bytes),
      used: new Date(store.usedAt).toISOString().slice(0, 16).replace('T', ' '),
      note: store.damaged ? 'damaged, moved aside' : store.elsewhere ? 'of another machine' : '',
    }))
    say({ type: 'places', stores }, table(rows, { tabs: settings.plain }))
    return EXIT.ok
  })
}
