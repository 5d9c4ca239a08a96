import { describe, expect, it } from 'vitest'
import {
  contrastToBlack,
  contrastToWhite,
  luminanceOf,
  paintPerson,
  READABLE,
} from '../../../src/cli/screen/person-colour.ts'

describe("a person's colour", () => {
  it('can be read on black and on white, and there are many', () => {
    expect(READABLE.length).toBeGreaterThanOrEqual(30)
    for (const index of READABLE) {
      const luminance = luminanceOf(index)
      expect(contrastToBlack(luminance)).toBeGreaterThanOrEqual(3)
      expect(contrastToWhite(luminance)).toBeGreaterThanOrEqual(3)
    }
  })

  it('comes from the key alone', () => {
    const colour = (id: string, name: string) => paintPerson(id, name).replace(name, '')
    expect(colour('bb'.repeat(32), 'bob')).toBe(colour('bb'.repeat(32), 'robert'))
    expect(colour('bb'.repeat(32), 'bob')).not.toBe(colour('cd'.repeat(32), 'bob'))
  })

  it('computes luminance as WCAG does', () => {
    expect(luminanceOf(231)).toBeCloseTo(1)
    expect(luminanceOf(16)).toBe(0)
    expect(luminanceOf(196)).toBeCloseTo(0.2126)
  })
})
