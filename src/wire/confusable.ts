/**
 * Skeletons (rule NM-5): two names that look alike to a reader have one skeleton. After UTS 39 section 4, with our own
 * small data: Latin, Cyrillic, Greek, Armenian, digits, and the kana and Han that look alike. It may see a likeness
 * where a reader sees none (i and l, m and rn): that costs a suffix behind a label, never a name.
 */

/** Look-alikes as they are written, case and all: their upper and lower forms resemble different Latin letters. */
const written = new Map(pairs('Νn', 'νv', 'Υy', 'υu', 'Ηh', 'ηn'))

/** Look-alikes after case folding and decomposition, by pairs of a character and what it becomes. */
const folded = new Map([
  ...pairs(
    '1l',
    'il',
    'ıl',
    '|l',
    'ɩl',
    'ɪl',
    'ǀl',
    'ӏl',
    'ιl',
    'іl',
    'լl',
    '0o',
    'mrn',
    'wvv',
    'æae',
    'œoe',
  ),
  // Latin that few people write.
  ...pairs('ɑa', 'ʙb', 'ƅb', 'ᴄc', 'ᴅd', 'ᴇe', 'ɡg', 'ɢg', 'ʜh', 'ȷj', 'ᴊj', 'ĸk', 'ᴋk', 'ʟl', 'ᴍrn', 'ɴn'),
  ...pairs(
    'ᴏo',
    'ᴘp',
    'ʀr',
    'ꜱs',
    'ǝə',
    'ᴛt',
    'ᴜu',
    'ʋu',
    'ᴠv',
    'ᴡvv',
    'ʏy',
    'ᴢz',
    'ᴀa',
    'ƨ2',
    'ȝ3',
    'ƽ5',
    'ȣ8',
  ),
  // Cyrillic, by either case.
  ...pairs('аa', 'вb', 'ьb', 'сc', 'ԁd', 'еe', 'ҽe', 'нh', 'һh', 'јj', 'кk', 'мrn', 'пn', 'оo', 'рp', 'ԛq'),
  ...pairs('гr', 'ѕs', 'тt', 'ѵv', 'ԝvv', 'хx', 'уy', 'үy', 'з3', 'ӡ3', 'б6', 'ӕae'),
  // Greek, by either case where both resemble one letter.
  ...pairs('αa', 'βb', 'ϲc', 'εe', 'ϳj', 'κk', 'μrn', 'οo', 'ρp', 'τt', 'χx', 'ζz', 'γy', 'ςσ'),
  // Armenian.
  ...pairs('աvv', 'ցg', 'հh', 'յj', 'ոn', 'օo', 'զq', 'սu'),
  // Kana and Han.
  ...pairs('ヘへ', '一ー', '二ニ', '力カ', '工エ', '口ロ', '夕タ', '卜ト', '八ハ', '匕ヒ'),
])

function pairs(...texts: string[]): [string, string][] {
  return texts.map((text) => {
    const [from] = text
    return [from!, text.slice(from!.length)]
  })
}

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/gu

const replaced = (text: string, by: ReadonlyMap<string, string>) =>
  Array.from(text, (character) => by.get(character) ?? character).join('')

/** The skeleton of a text: equal for texts that look alike. Not for people to read. Never throws. */
export function skeleton(text: string): string {
  const visible = text.normalize('NFKC').replaceAll(INVISIBLE, '')
  const decomposed = replaced(visible.normalize('NFD'), written)
  // Through upper case first: that is how ß, ſ and final forms of one letter meet.
  const lower = decomposed.toUpperCase().toLowerCase().normalize('NFD')
  return replaced(lower, folded)
    .replaceAll(/([lj])\u0307/g, '$1')
    .normalize('NFC')
}
