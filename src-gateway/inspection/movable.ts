import { isMarkedAsUntransferable } from 'node:worker_threads'

/**
 * Whether the memory behind a view can be handed to another thread instead of copied: nearly all of it is the view's own. What is
 * shared with others (a read buffer, Node's pool) must stay where it is.
 */
export const movable = (view: Uint8Array): boolean =>
  view.buffer instanceof ArrayBuffer &&
  view.byteLength >= 64 * 1024 &&
  view.byteLength >= view.buffer.byteLength * 0.9 &&
  !isMarkedAsUntransferable(view.buffer)
