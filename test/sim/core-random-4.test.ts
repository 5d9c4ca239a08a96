import { testCoreSeeds } from './core-seeds.ts'

testCoreSeeds(301, 400)
