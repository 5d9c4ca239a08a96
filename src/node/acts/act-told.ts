/** What an act of somebody is told as: the same words for everybody, for the log and for the one who did it. */
import { hex, readUint } from '../../wire/bytes.ts'
import type { Event } from '../../wire/event.ts'
import { eventId, type PersonKey } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import type { Core } from '../core.ts'
import type { Setting, SystemEvent } from '../events.ts'
import { displayOrder, type RoomView, readIds, readPersons, SETTING } from '../rooms.ts'
import type { SealedField } from '../sealing.ts'

const SETTINGS: Readonly<Record<number, Setting>> = {
  [SETTING.max]: 'max',
  [SETTING.readOnly]: 'readonly',
  [SETTING.slow]: 'slow',
  [SETTING.newcomers]: 'newcomers',
  [SETTING.membersOnly]: 'membersonly',
  [SETTING.visible]: 'visible',
}

/** The system event of a control event. `user` is whom it is about; where that is nobody else, who did it. */
export function actOf(
  core: Core,
  view: RoomView,
  event: Event,
  body: BodyValue,
  salt: Uint8Array,
): SystemEvent {
  const { people, replica } = core
  const by = people.labelled(event.author)
  const isNetwork = view.type === 'network'
  const room = isNetwork ? null : core.roomName(view)
  const own = (what: SystemEvent['event'], extra: Partial<SystemEvent> = {}): SystemEvent => ({
    type: 'system',
    event: what,
    room,
    user: by,
    ...extra,
  })
  const about = (what: SystemEvent['event'], person: PersonKey, extra: Partial<SystemEvent> = {}) =>
    own(what, { user: people.labelled(person), by, ...extra })
  const text = (field: SealedField, value: string | Uint8Array) => {
    const opened = core.private.openField(event, salt, field, value) ?? ''
    return opened === '' ? {} : { [field]: opened }
  }
  const because = (value: string | Uint8Array) => text('reason', value)
  switch (body.kind) {
    case 'ban':
    case 'mute': {
      const until = readUint(body.until, 0, 6)
      const what = body.kind === 'mute' ? 'mute' : body.kick ? 'kick' : isNetwork ? 'expel' : 'ban'
      const extra = { ...(until > 0 && { until }), ...because(body.reason) }
      return about(what, hex(body.target) as PersonKey, extra)
    }
    case 'role':
      return about('role', hex(body.target) as PersonKey, {
        role: body.rank === 1 ? 'member' : isNetwork ? 'admin' : 'moderator',
        ...because(body.reason),
      })
    case 'lift': {
      const [lifted] = readIds(body.lifts).flatMap((id) => core.views.control(view.id, id) ?? [])
      const value = lifted?.body
      const what = value?.kind === 'mute' ? 'unmute' : 'unban'
      if (value?.kind !== 'ban' && value?.kind !== 'mute' && value?.kind !== 'role')
        return own(what, because(body.reason))
      return about(what, hex(value.target) as PersonKey, because(body.reason))
    }
    case 'hide':
    case 'pin': {
      const message = eventId(body.target)
      const author = replica.find(message)?.author ?? event.author
      const what = body.kind === 'pin' ? (body.pinned ? 'pin' : 'unpin') : body.hidden ? 'hide' : 'unhide'
      return about(what, author, { message, ...because(body.reason) })
    }
    case 'admit':
    case 'invite':
    case 'unvoice': {
      const [first, ...more] = readPersons(body.persons)
      const others = more.length > 0 ? { more: more.map((person) => people.labelled(person)) } : {}
      const what = body.kind === 'invite' && body.isVoice ? 'voice' : body.kind
      return about(what, first ?? event.author, { ...others, ...because(body.reason) })
    }
    case 'settings': {
      if (body.setting === SETTING.locked)
        return own(body.value > 0 ? 'lock' : 'unlock', because(body.reason))
      const setting = SETTINGS[body.setting]
      return own('settings', { ...(setting && { setting }), value: body.value, ...because(body.reason) })
    }
    case 'topic':
      return own('topic', { ...text('topic', body.topic), ...because(body.reason) })
    case 'newcode':
      return own('newcode', because(body.reason))
    case 'delete':
      return own('delete', because(body.reason))
    case 'leave':
      return own(hasJoined(core, event) ? 'leave' : 'decline')
    case 'create':
      return own('create', view.type === 'private' ? { private: true } : {})
    default:
      return own(body.kind as SystemEvent['event'])
  }
}

/** A code that is only sealed to further devices is no news, nor is what goes on with the cut of another act. */
export const isNoAct = (body: BodyValue): boolean =>
  (body.kind === 'newcode' && !body.made) || body.kind === 'cut'

/** Was its author in the room before they left it? Else they say no to an invitation. */
function hasJoined(core: Core, leave: Event): boolean {
  const { views } = core
  const person = views.personOf(leave.author)
  let isIn = false
  for (const { event, body } of [...views.controls(leave.room)].sort(displayOrder)) {
    if (event.id === leave.id) break
    const isTheirs = views.personOf(event.author) === person
    if (body?.kind === 'create' && (isTheirs || isNamed(body.persons, person))) isIn = true
    else if (isTheirs && body?.kind === 'join') isIn = true
    else if (isTheirs && body?.kind === 'leave') isIn = false
  }
  return isIn
}

const isNamed = (persons: Uint8Array, person: PersonKey) => readPersons(persons).includes(person)
