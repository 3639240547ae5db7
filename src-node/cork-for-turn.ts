import type { Writable } from 'node:stream'

type Corkable = Pick<Writable, 'cork' | 'uncork' | 'writableCorked'>

/** corked, and not yet let go */
let corked: Corkable[] = []
/** tasks that wait for the end of this turn */
let planned = 0
/** the last of them has run: what is written now need not wait for the end of another turn */
let over = false
let releasePlanned = false

/**
 * What is written in this turn of the event loop leaves together: what the sockets of many clients brought takes one system call, and wakes the other end
 * once. The turn ends before the next input is waited for: nothing waits for it.
 */
export function corkForTurn(stream: Corkable): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  corked.push(stream)
  if (releasePlanned || over) return
  releasePlanned = true
  setImmediate(() => {
    releasePlanned = false
    release()
  })
}

/**
 * Runs it when everything that the sockets brought in this turn has been taken. What it and its promises write to corked streams leaves right after the last
 * task of the turn: a turn more would first take in what the sockets brought meanwhile.
 */
export function atEndOfTurn(task: () => void): void {
  planned += 1
  setImmediate(() => {
    planned -= 1
    if (planned === 0) closeTurn()
    task()
  })
}

/** Promises of the task come first, then what they leave to the next tick, then this. */
function closeTurn(): void {
  over = true
  const close = () => {
    over = false
    release()
  }
  queueMicrotask(() => process.nextTick(() => process.nextTick(close)))
}

function release(): void {
  const streams = corked
  corked = []
  for (const stream of streams) stream.uncork()
}
