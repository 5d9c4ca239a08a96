import { describe, expect, it } from 'vitest'
import { EMOJI } from '../../../src/cli/emoji.ts'
import { complete } from '../../../src/cli/screen/complete.ts'

const named = (...nicks: string[]) => nicks.map((nick) => ({ shown: nick, public: nick }))
const KNOWN = { people: named('anna', 'Anton', 'bob'), rooms: ['general', 'lab', 'laboratory'] }
const offered = (text: string) => complete(text, text.length, KNOWN)

describe('Tab', () => {
  it.each<[string, number, string[]]>([
    ['/hist', 0, ['/history ']],
    ['/HIST', 0, ['/history ']],
    ['/help hist', 6, ['history']],
    ['/join la', 6, ['lab ', 'laboratory ']],
    ['/join #la', 6, ['#lab ', '#laboratory ']],
    ['/msg an', 5, ['anna ', 'Anton ']],
    ['/msg anna,b', 5, ['anna,bob ']],
    ['/me greets b', 11, ['bob ']],
    ['an', 0, ['anna: ', 'Anton: ']],
    ['@an', 0, ['@anna: ', '@Anton: ']],
    ['hello bo', 6, ['bob ']],
    ['/topic rats --r', 12, ['--reason ']],
    ['/create lab --', 12, ['--private ', '--topic ', '--max ', '--invite ']],
    ['see #lab', 4, ['#lab ', '#laboratory ']],
    ['nice :thumbs', 5, ['👍 ', '👎 ']],
    [':smile:', 0, ['😄 ']],
    [':eyes', 0, ['👀 ', '😍 ', '🙄 ']],
  ])('of %j offers, from %i on, %j', (text, from, candidates) => {
    expect(offered(text)).toEqual({ from, candidates })
  })

  it.each(['', 'hello ', 'xyz', '/nope', '//he', ':s', ':nosuchthing', '/hub '])(
    'of %j offers nothing',
    (text) => {
      expect(offered(text)).toBeUndefined()
    },
  )

  it('finds a room by any part of its name, those that begin so first', () => {
    const known = { people: [], rooms: ['general', 'chem-lab', 'lab', 'Labor'] }
    expect(complete('/join lab', 9, known)?.candidates).toEqual(['lab ', 'Labor ', 'chem-lab '])
    expect(complete('/join #em', 9, known)?.candidates).toEqual(['#chem-lab '])
  })

  it.each<[string, string[]]>([
    ['/msg bo', ['bossy ']],
    ['/msg ma', ['bossy ']],
    ['/msg anna,bo', ['anna,bossy ']],
    ['/join @bo', ['@bossy ']],
    ['/reply @bo', ['@bossy ']],
    ['bo', ['maria: ']],
    ['@bo', ['@maria: ']],
    ['ask bo', ['maria ']],
    ['ask ma', ['maria ']],
    ['/me greets bo', ['maria ']],
    ['/msg anna ask bo', ['maria ']],
    ['/reply bo', ['maria ']],
    ['/group_msg lab bo', ['maria ']],
    ['/kick anna said bo', ['maria ']],
  ])('what %j writes for others names nobody as they are called here alone', (text, candidates) => {
    const known = { people: [...named('anna'), { shown: 'bossy', public: 'maria' }], rooms: ['lab'] }
    expect(complete(text, text.length, known)?.candidates).toEqual(candidates)
  })

  it('completes the word before the cursor and keeps what is behind it', () => {
    expect(complete('an hello', 2, KNOWN)?.candidates).toEqual(['anna: ', 'Anton: '])
  })

  it('knows only emoji that are one grapheme two columns wide', () => {
    for (const emoji of Object.values(EMOJI)) {
      expect([...new Intl.Segmenter().segment(emoji)]).toHaveLength(1)
      expect(emoji).toMatch(/^\p{Emoji_Presentation}$/u)
    }
  })
})
