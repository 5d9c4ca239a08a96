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
    ['/rooms', { do: 'rooms' }],
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

  it('sends one private message to each of several people', () => {
    expect(meaning('/msg bob,@eve hi')).toEqual({
      ask: [
        { do: 'msg', to: 'bob', text: 'hi' },
        { do: 'msg', to: 'eve', text: 'hi' },
      ],
    })
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
    '/invite bob lab now',
    '/rooms now',
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
    '/create',
    '/create --private',
    '/create lab --max',
    '/create lab --max 0',
    '/create lab --max 1e3',
    '/create lab --max 65536',
    '/create lab --topic',
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
  ])('answers %s without the node', (line, local) => {
    expect(meaning(line)).toEqual({ local })
  })

  it('have usage, help and names of their own', () => {
    const names = COMMANDS.flatMap((row) => [row.name, ...(row.aliases ?? [])])
    expect(new Set(names).size).toBe(names.length)
    for (const row of COMMANDS) expect(row.help).not.toBe('')
  })

  it.each([
    ['jion', 'join'],
    ['joi', 'join'],
    ['MSGS', 'msg'],
    ['hist', 'history'],
    ['crate', 'create'],
    ['quti', 'quit'],
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
