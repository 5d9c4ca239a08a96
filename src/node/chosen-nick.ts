import { checkNick, nameFaultText, proposeNick } from '../wire/name.ts'
import { refusalText } from '../wire/refusal.ts'
import { LanchatError } from './lanchat-error.ts'

/** The nick that the owner of a node asks for. Throws LanchatError NICK_INVALID with one that would do. */
export function chosenNick(asked: string): string {
  const checked = checkNick(asked)
  if ('ok' in checked) return checked.ok
  const why = nameFaultText(checked.fault)
  throw new LanchatError(
    'NICK_INVALID',
    refusalText('NICK_INVALID', { nick: asked, why, proposal: proposeNick(asked) }),
  )
}
