import { testCoreSeeds } from './core-seeds.ts'

testCoreSeeds(101, 200)
