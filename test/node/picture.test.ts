import { expect, it } from 'vitest'
import { pictureType } from '../../src/node/picture.ts'

const file = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

it.each([
  ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'image/png'],
  ['\xff\xd8\xff\xe0\0\x10JFIF', 'image/jpeg'],
  ['GIF89a\x01\0\x01\0', 'image/gif'],
  ['RIFF\x24\0\0\0WEBPVP8 ', 'image/webp'],
])('%j is a picture, known by how it begins: %s (KI-16)', (start, type) => {
  expect(pictureType(file(start))).toBe(type)
})

it.each([
  '',
  'RIFF',
  '<script>WEBPVP8 ',
  '<svg xmlns="http',
  'RIFF\x24\0\0\0WAVEfmt ',
  '<!doctype html>',
  '\x89PNG\n\x1a\n',
])('%j is none, nor what else it may be: whoever shows pictures may believe their type', (start) => {
  expect(pictureType(file(start))).toBeUndefined()
})
