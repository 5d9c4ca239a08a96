/**
 * The packages that are written as CommonJS, by require. Importing them has Node read their text for the names they export
 * before it runs them: about 60 ms of every start, half of it for ws alone.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const { WebSocket, WebSocketServer } = require('ws') as typeof import('ws')
export const { Level } = require('level') as typeof import('level')
export const { Bonjour } = require('bonjour-service') as typeof import('bonjour-service')
export type Bonjour = import('bonjour-service').Bonjour
