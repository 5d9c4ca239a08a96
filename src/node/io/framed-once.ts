/** Frames that go to one link after another, encoded and framed once. */
import { encodeFrame } from '../../wire/codec.ts'
import type { Frame } from '../../wire/frames.ts'
import { wsMessages } from './ws-frame.ts'

/** By the frame itself, for the links that were accepted and for those that this side dialled. */
const known = [new WeakMap<Frame, Buffer>(), new WeakMap<Frame, Buffer>()] as const

/** The frame as one whole websocket message. The same bytes for the same object: nobody may change either. */
export function framedOnce(frame: Frame, masked: boolean): Uint8Array {
  const of = known[masked ? 1 : 0]
  let bytes = of.get(frame)
  if (!bytes) {
    bytes = wsMessages([encodeFrame(frame)], masked)
    of.set(frame, bytes)
  }
  return bytes
}
