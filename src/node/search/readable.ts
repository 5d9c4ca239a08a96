/** What the search index may read, as it counts and can be opened here. */
import type { PersonKey } from '../../wire/ids.ts'
import type { Display } from '../display.ts'
import type { Views } from '../views.ts'
import type { SearchPorts } from './search-index.ts'

export function readableHere(
  self: PersonKey,
  views: Views,
  display: Display,
): Pick<SearchPorts, 'isReadable' | 'isPlain' | 'read'> {
  return {
    isReadable: (room) => {
      const view = views.room(room)
      return view !== undefined && !view.deleted && (view.persons?.has(views.personOf(self)) ?? true)
    },
    isPlain: (room) => {
      const view = views.room(room)
      return view !== undefined && view.persons === undefined
    },
    read: (event, body) => {
      const view = views.room(event.room)
      const value = view ? display.read(view, event, body) : null
      return value === null && view && !view.persons ? undefined : value
    },
  }
}
