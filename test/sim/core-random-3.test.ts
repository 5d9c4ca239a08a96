import { testCoreSeeds } from './core-seeds.ts'

testCoreSeeds(201, 300)
