/** Commands of the owner and the admins of a network, and of whoever has several devices. */
import { ask, because, type CommandRow, type Meaning, nickList, nickName, none, split } from './row.ts'

export const networkRows: readonly CommandRow[] = [
  {
    name: 'members',
    args: '',
    help: 'who is what in this network, who waits to be let in, and who was expelled',
    read: (args) => none(args, ask({ do: 'members' })),
  },
  {
    name: 'admit',
    args: '<nick>[,<nick>...] [reason]',
    help: 'let people into this network, who wait or were expelled',
    completes: 'nick',
    read(args) {
      const [nick, reason] = split(args)
      const who = nickList(nick)
      return who.length === 0 ? 'usage' : ask({ do: 'admit', who, ...because(reason) })
    },
  },
  {
    name: 'expel',
    args: '<nick> [reason]',
    help: 'keep somebody out of this network, from now on',
    completes: 'nick',
    read(args) {
      const [nick, reason] = split(args)
      return nickName(nick) === '' ? 'usage' : ask({ do: 'expel', who: nickName(nick), ...because(reason) })
    },
  },
  {
    name: 'newcode',
    args: '[reason]',
    help: 'a new code for this network, where the old one got about: members go on, old invitations let nobody in',
    read: (args) => ask({ do: 'newCode', ...because(args) }),
  },
  {
    name: 'invitation',
    args: '',
    help: 'what lets somebody into this network, as a text and in words (lanchat network show: also as a QR)',
    read: (args) => none(args, ask({ do: 'invitation' })),
  },
  {
    name: 'membersonly',
    args: '<on|off> [reason]',
    help: 'let nobody new into this network whom no admin admits',
    read(args) {
      const [word, reason] = split(args)
      if (word !== 'on' && word !== 'off') return 'usage'
      return ask({ do: 'membersOnly', on: word === 'on', ...because(reason) })
    },
  },
]

/** `[ask nick | accept nick | remove id]` */
function readDevice(args: string): Meaning {
  const [act, rest] = split(args)
  const who = nickName(rest.trim())
  if (act === '') return ask({ do: 'devices' })
  if (who === '' || /\s/.test(who)) return 'usage'
  if (act === 'ask') return ask({ do: 'linkAsk', who })
  if (act === 'accept') return ask({ do: 'linkAccept', who })
  return act === 'remove' ? ask({ do: 'unlink', who }) : 'usage'
}

export const deviceRow: CommandRow = {
  name: 'device',
  meantBy: ['link', 'unlink'],
  args: '[ask nick | accept nick | remove id]',
  help: 'your devices; ask on a new one to be one of somebody, accept on their first one, remove one for good',
  completes: 'nick',
  read: readDevice,
}
