/**
 * The format of a store: what its keys and values mean. It stands in the mark beside the folder, so that a program that is
 * older than a store refuses it, and does not take for damage what it cannot read.
 */
import { readFile } from 'node:fs/promises'
import { refusalText } from '../../wire/refusal.ts'
import { LanchatError } from '../lanchat-error.ts'

/** Counted up with each change that programs of before would misread. What is older is read, or brought over. */
export const STORE_FORMAT = 1

/** A file that tells later starts that there must be a database in this folder, and in which format. */
export const markOf = (folder: string): string => `${folder}.made`

export const MARK = new TextEncoder().encode(`${STORE_FORMAT}\n`)

/** Of the store in this folder; 0 where its mark is missing or says none, as those of before do. Never rejects. */
async function formatOf(folder: string): Promise<number> {
  const mark = await readFile(markOf(folder), 'latin1').catch(() => '')
  return /^\d{1,9}\n$/.test(mark) ? Number(mark) : 0
}

/** As formatOf. Rejects with LanchatError STORE_NEWER where a newer program has written what lies in this folder. */
export async function refuseNewer(folder: string): Promise<number> {
  const format = await formatOf(folder)
  if (format > STORE_FORMAT)
    throw new LanchatError(
      'STORE_NEWER',
      refusalText('STORE_NEWER', { folder, format: `${format}`, known: `${STORE_FORMAT}` }),
    )
  return format
}

export const isNewer = (error: unknown): error is LanchatError =>
  error instanceof LanchatError && error.code === 'STORE_NEWER'
