/** Every nemesis there is. */
import type { Nemesis } from '../nemesis.ts'
import { damage, fullDisk, powerCut } from './disks.ts'
import { boast, flood, goodbyes, lure, slowReader, storm, withholding } from './intruders.ts'
import {
  cableOut,
  delay,
  firewalledFirst,
  flapping,
  halves,
  islands,
  loss,
  oneAlone,
  oneWay,
  pair,
} from './network.ts'
import { clock, killHub, killOne, killTwo, pauseHub, pauseOne, quitHub } from './processes.ts'

export const NEMESES: readonly Nemesis[] = [
  killHub,
  killOne,
  killTwo,
  quitHub,
  pauseHub,
  pauseOne,
  clock,
  cableOut,
  flapping,
  oneWay,
  loss,
  delay,
  halves,
  oneAlone,
  islands,
  pair,
  firewalledFirst,
  fullDisk,
  damage,
  powerCut,
  storm,
  goodbyes,
  lure,
  boast,
  withholding,
  slowReader,
  flood,
]
