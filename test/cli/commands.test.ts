import { describe, expect, it } from 'vitest'
import {
  COMMANDS,
  commandRow,
  type Meaning,
  nearestCommand,
  readCommand,
  readTyped,
} from '../../src/cli/commands.ts'

const meaning = (line: string, room = 'general'): Meaning | undefined => {
  const { word, args } = readCommand(line)
  return commandRow(word)?.read(args, room)
}

describe('commands', () => {
  it.each([
    ['/msg bob hi there', { do: 'msg', to: 'bob', text: 'hi there' }],
    ['/msg @bob  two  spaces ', { do: 'msg', to: 'bob', text: ' two  spaces ' }],
    ['/msg anna~k3f9 one\ntwo', { do: 'msg', to: 'anna~k3f9', text: 'one\ntwo' }],
    ['/join lab', { do: 'join', room: 'lab' }],
    ['/join #lab ', { do: 'join', room: 'lab' }],
    ['/JOIN Lab', { do: 'join', room: 'Lab' }],
    ['/join_group lab', { do: 'join', room: 'lab' }],
    ['/leave', { do: 'leave', room: 'here' }],
    ['/leave lab', { do: 'leave', room: 'lab' }],
    ['/delete', { do: 'delete', room: 'here' }],
    ['/delete lab', { do: 'delete', room: 'lab' }],
    ['/invite @bob', { do: 'invite', room: 'here', to: 'bob' }],
    ['/invite bob #lab', { do: 'invite', room: 'lab', to: 'bob' }],
    ['/invite bob,@eve', { do: 'invite', room: 'here', to: ['bob', 'eve'] }],
    ['/accept lab', { do: 'join', room: 'lab' }],
    ['/decline lab', { do: 'decline', room: 'lab' }],
    ['/create lab --invite bob', { do: 'create', room: 'lab', invite: ['bob'] }],
    [
      '/create lab --private --invite bob,eve',
      { do: 'create', room: 'lab', private: true, invite: ['bob', 'eve'] },
    ],
    ['/status', { do: 'status' }],
    ['/status busy in an exam', { do: 'presence', mode: 'busy', text: 'in an exam' }],
    ['/status online', { do: 'presence', mode: 'online' }],
    ['/autoaway 5', { do: 'autoAway', minutes: 5 }],
    ['/autoaway off', { do: 'autoAway', minutes: 0 }],
    ['/typing', { do: 'typing', room: 'here' }],
    ['/typing off', { do: 'telling', what: 'typing', on: false }],
    ['/receipts on', { do: 'telling', what: 'read', on: true }],
    ['/delivery ^3', { do: 'delivery', room: 'here', message: '^3' }],
    ['/profile text likes  trains', { do: 'profile', about: 'likes  trains' }],
    ['/profile colour #ff8800', { do: 'profile', colour: '#ff8800' }],
    ['/profile picture none', { do: 'profile', picture: null }],
    ['/whois @bob', { do: 'whois', who: 'bob' }],
    ['/people bo', { do: 'people', part: 'bo' }],
    ['/contact bob Robert', { do: 'contact', who: 'bob', name: 'Robert' }],
    ['/uncontact bob', { do: 'uncontact', who: 'bob' }],
    ['/verify bob', { do: 'verify', who: 'bob' }],
    ['/verify bob yes', { do: 'verify', who: 'bob', seal: true }],
    ['/notify', { do: 'notify' }],
    ['/notify all', { do: 'notify', calls: 'all', room: 'here' }],
    ['/notify none *', { do: 'notify', calls: 'none' }],
    ['/quiet 22:00-7:05', { do: 'quiet', quiet: [1320, 425] }],
    ['/quiet off', { do: 'quiet', quiet: null }],
    ['/reply yes', { do: 'reply', room: 'here', message: '^', text: 'yes' }],
    ['/reply ^3 yes', { do: 'reply', room: 'here', message: '^3', text: 'yes' }],
    ['/reply @bob  yes', { do: 'reply', room: 'here', message: '@bob', text: ' yes' }],
    ['/hide ^bob', { do: 'hide', room: 'here', message: '^bob', on: true }],
    ['/hide ^bob_2', { do: 'hide', room: 'here', message: '^bob_2', on: true }],
    ['/hide ^निशा, spam', { do: 'hide', room: 'here', message: '^निशा,', on: true, reason: 'spam' }],
    ['/reply ^bob-b yes', { do: 'reply', room: 'here', message: '^bob-b', text: 'yes' }],
    ['/reply ^_^ yes', { do: 'reply', room: 'here', message: '^', text: '^_^ yes' }],
    ['/reply ^o^ yes', { do: 'reply', room: 'here', message: '^', text: '^o^ yes' }],
    ['/reply ^_^', { do: 'reply', room: 'here', message: '^', text: '^_^' }],
    ['/edit ^ab12 hello', { do: 'edit', room: 'here', message: '^ab12', text: 'hello' }],
    ['/edit @bob hello', { do: 'edit', room: 'here', message: '^', text: '@bob hello' }],
    ['/delete-message', { do: 'erase', room: 'here', message: '^' }],
    ['/react :thumbsup:', { do: 'react', room: 'here', message: '^', emoji: '👍', on: true }],
    ['/unreact ^2 👍', { do: 'react', room: 'here', message: '^2', emoji: '👍', on: false }],
    ['/details', { do: 'details', room: 'here', message: '^' }],
    ['/pins lab', { do: 'pins', room: 'lab' }],
    ['/unread', { do: 'unread' }],
    ['/read', { do: 'read', room: 'here' }],
    ['/block @bob', { do: 'block', who: 'bob' }],
    ['/unblock bob', { do: 'unblock', who: 'bob' }],
    ['/blocked', { do: 'blocked' }],
    ['/kick bob', { do: 'kick', room: 'here', who: 'bob' }],
    ['/kick @bob too loud', { do: 'kick', room: 'here', who: 'bob', reason: 'too loud' }],
    ['/ban bob 2h spam', { do: 'ban', room: 'here', who: 'bob', forMs: 7_200_000, reason: 'spam' }],
    ['/mute bob 90s', { do: 'mute', room: 'here', who: 'bob', forMs: 90_000 }],
    ['/unban bob sorry', { do: 'unban', room: 'here', who: 'bob', reason: 'sorry' }],
    ['/unmute bob', { do: 'unmute', room: 'here', who: 'bob' }],
    ['/voice bob', { do: 'voice', room: 'here', to: 'bob' }],
    [
      '/voice bob,@eve they  know it',
      { do: 'voice', room: 'here', to: ['bob', 'eve'], reason: 'they  know it' },
    ],
    ['/voice bob,eve are ours', { do: 'voice', room: 'here', to: ['bob', 'eve'], reason: 'are ours' }],
    ['/delete #lab', { do: 'delete', room: 'lab' }],
    ['/delete lab the exam is over', { do: 'delete', room: 'lab', reason: 'the exam is over' }],
    [
      '/topic rats --reason more of them',
      { do: 'topic', room: 'here', topic: 'rats', reason: 'more of them' },
    ],
    ['/topic a --reason b --reason c', { do: 'topic', room: 'here', topic: 'a --reason b', reason: 'c' }],
    ['/topic no--reason --reasons', { do: 'topic', room: 'here', topic: 'no--reason --reasons' }],
    ['/unvoice bob too soon', { do: 'unvoice', room: 'here', to: 'bob', reason: 'too soon' }],
    ['/invite bob', { do: 'invite', room: 'here', to: 'bob' }],
    [
      '/invite bob #lab for the  experiment',
      { do: 'invite', room: 'lab', to: 'bob', reason: 'for the  experiment' },
    ],
    ['/role', { do: 'roles', room: 'here' }],
    [
      '/role bob moderator helps',
      { do: 'role', room: 'here', who: 'bob', role: 'moderator', reason: 'helps' },
    ],
    ['/hide @bob rude', { do: 'hide', room: 'here', message: '@bob', on: true, reason: 'rude' }],
    ['/unhide ab12', { do: 'hide', room: 'here', message: 'ab12', on: false }],
    ['/pin', { do: 'pin', room: 'here', message: '^', on: true }],
    ['/unpin ^2', { do: 'pin', room: 'here', message: '^2', on: false }],
    ['/pin @bob the rules', { do: 'pin', room: 'here', message: '@bob', on: true, reason: 'the rules' }],
    ['/topic', { do: 'topic', room: 'here' }],
    ['/topic none', { do: 'topic', room: 'here', topic: '' }],
    ['/topic all  rats', { do: 'topic', room: 'here', topic: 'all  rats' }],
    ['/max 30', { do: 'set', room: 'here', setting: 'max', value: 30 }],
    ['/lock exam', { do: 'lock', room: 'here', on: true, reason: 'exam' }],
    ['/unlock', { do: 'lock', room: 'here', on: false }],
    ['/readonly on', { do: 'set', room: 'here', setting: 'readonly', value: 1 }],
    ['/slow 30', { do: 'set', room: 'here', setting: 'slow', value: 30 }],
    ['/slow off', { do: 'set', room: 'here', setting: 'slow', value: 0 }],
    ['/newcomers on', { do: 'set', room: 'here', setting: 'newcomers', value: 1 }],
    ['/log 5', { do: 'log', room: 'here', count: 5 }],
    ['/log', { do: 'log', room: 'here', count: 50 }],
    ['/log lab', { do: 'log', room: 'lab', count: 50 }],
    ['/log #5 7', { do: 'log', room: '5', count: 7 }],
    ['/log 7 lab', { do: 'log', room: 'lab', count: 7 }],
    ['/log network 7', { do: 'networkLog', count: 7 }],
    ['/log #network', { do: 'log', room: 'network', count: 50 }],
    ['/admit eve,@bob', { do: 'admit', who: ['eve', 'bob'] }],
    ['/admit eve said sorry', { do: 'admit', who: ['eve'], reason: 'said sorry' }],
    ['/newcode', { do: 'newCode' }],
    ['/newcode it was on the  web', { do: 'newCode', reason: 'it was on the  web' }],
    ['/rooms', { do: 'rooms' }],
    ['/rooms #la', { do: 'rooms', part: 'la' }],
    ['/join @anna', { do: 'join', room: '@anna' }],
    ['/leave @anna', { do: 'join', room: 'general' }],
    ['/who', { do: 'who', room: 'here' }],
    ['/who lab', { do: 'who', room: 'lab' }],
    ['/hub', { do: 'hub' }],
    ['/status', { do: 'status' }],
    ['/history', { do: 'history', room: 'here', count: 50 }],
    ['/history 1', { do: 'history', room: 'here', count: 1 }],
    ['/history 1000', { do: 'history', room: 'here', count: 1000 }],
    ['/history lab', { do: 'history', room: 'lab', count: 50 }],
    ['/history 5 lab', { do: 'history', room: 'lab', count: 5 }],
    ['/nick ada', { do: 'nick', name: 'ada' }],
    ['/me waves slowly', { do: 'say', room: 'here', text: 'waves slowly', action: true }],
    ['/group_msg lab good  morning', { do: 'say', room: 'lab', text: 'good  morning' }],
    ['/create lab', { do: 'create', room: 'lab' }],
    ['/create_group lab', { do: 'create', room: 'lab' }],
    ['/create lab --private', { do: 'create', room: 'lab', private: true }],
    ['/create lab --topic all about rats', { do: 'create', room: 'lab', topic: 'all about rats' }],
    [
      '/create lab --max 5 --topic "rats and mice" --private',
      { do: 'create', room: 'lab', max: 5, topic: 'rats and mice', private: true },
    ],
  ])('reads %s', (line, command) => {
    expect(meaning(line, 'here')).toEqual({ ask: [command] })
  })

  it('sends one message to several people together', () => {
    expect(meaning('/msg bob,@eve hi')).toEqual({ ask: [{ do: 'msg', to: ['bob', 'eve'], text: 'hi' }] })
  })

  it.each([
    '/msg',
    '/msg bob',
    '/msg bob   ',
    '/msg bob,,eve hi',
    '/join',
    '/join two rooms',
    '/leave a b',
    '/invite',

    '/history 0',
    '/history -1',
    '/history 1001',
    '/history 1.5 x y',
    '/history lab 5',
    '/nick',
    '/nick two words',
    '/me',
    '/me  ',
    '/group_msg lab',
    '/reply',
    '/reply ^2',
    '/delete-message now',
    '/react',
    '/status sleeping',
    '/autoaway 0',
    '/autoaway 1441',
    '/typing maybe',
    '/receipts',
    '/profile colour',
    '/profile hair red',
    '/contact bob two words',
    '/verify bob perhaps',
    '/notify loud',
    '/quiet 24:00-07:00',
    '/kick',
    '/role bob king',
    '/readonly 2',
    '/slow fast',
    '/max 70000',
    '/unhide',
    '/log 0',
    '/create',
    '/create --private',
    '/create lab --max',
    '/create lab --max 0',
    '/create lab --max 1e3',
    '/create lab --max 65536',
    '/create lab --topic',
    '/topic --reason why',
    '/topic rats --reason',
    '/create lab --topic --private',
    '/create lab --secret',
    '/create two words',
    '/quit now',
    '/help a b',
  ])('does not guess at %s', (line) => {
    expect(meaning(line)).toBe('usage')
  })

  it.each([
    ['/quit', 'quit'],
    ['/exit', 'quit'],
    ['/help', 'help'],
    ['/help msg', 'help'],
    ['/emoji', 'emoji'],
    ['/emoji heart', 'emoji'],
  ])('answers %s without the node', (line, local) => {
    expect(meaning(line)).toEqual({ local })
  })

  it('have usage, help and names of their own', () => {
    const names = COMMANDS.flatMap((row) => [row.name, ...(row.aliases ?? [])])
    expect(new Set(names).size).toBe(names.length)
    for (const row of COMMANDS) expect(row.help).not.toBe('')
    for (const word of COMMANDS.flatMap((row) => row.meantBy ?? [])) expect(names).not.toContain(word)
  })

  it.each([
    ['jion', 'join'],
    ['joi', 'join'],
    ['MSGS', 'msg'],
    ['hist', 'history'],
    ['crate', 'create'],
    ['quti', 'quit'],
    ['membersonyl', 'membersonly'],
    ['inviation', 'invitation'],
    ['unlink', 'device'],
    ['PART', 'leave'],
    ['unpick', undefined],
    ['frobnicate', undefined],
    ['', undefined],
  ])('nearest to %s is %s', (word, name) => {
    expect(nearestCommand(word)).toBe(name)
  })
})

describe('a typed line', () => {
  it('is a command behind one slash, text behind two or none', () => {
    expect(readTyped('/who lab')).toEqual({ word: 'who', args: 'lab' })
    expect(readTyped('//who')).toEqual({ text: '/who' })
    expect(readTyped('who')).toEqual({ text: 'who' })
    expect(readTyped(' /who')).toEqual({ text: ' /who' })
    expect(readTyped('/')).toEqual({ word: '', args: '' })
  })

  it('is the old way to leave when it is only exit', () => {
    expect(readTyped('exit')).toEqual({ word: 'exit', args: '' })
    expect(readTyped('exit here')).toEqual({ text: 'exit here' })
  })
})
