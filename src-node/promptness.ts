/**
 * Whether to wait for the disk where we are. Handing a write to another thread and being woken by it takes twenty system calls and more time than a quick
 * disk: then the event loop waits for it itself, once in a turn, so that several files still go to the disk at the same time. A slow write now and then changes
 * nothing: nobody's message may pass before its record is on the disk. A disk that is slow on average, or hangs, is left to other threads for a while, for longer
 * each time.
 */
export interface Promptness {
  mayWaitHere(bytes: number): boolean
  /** how long the event loop waited */
  waited(milliseconds: number): void
}

const promptBytes = 128 * 1024
/** on average */
const promptMs = 1
/** share of the newest wait in the average */
const newest = 1 / 32
/** one wait as long as this is enough: heartbeats and other people's screens wait as well */
const hangingMs = 100
const firstPause = 16
const longestPause = 4096
/** so many waits without a pause, and it was only a moment */
const forgivenAfter = 256

/** @param nextTurn runs something in the next turn of the event loop */
export function createPromptness(nextTurn: (task: () => void) => void): Promptness {
  let takenThisTurn = false
  /** writes that are left to other threads before the disk is tried again */
  let paused = firstPause
  let pause = firstPause
  let average = 0
  let waits = 0
  const turned = () => {
    takenThisTurn = false
  }
  return {
    mayWaitHere(bytes) {
      if (paused > 0) {
        paused -= 1
        return false
      }
      return !takenThisTurn && bytes <= promptBytes
    },
    waited(milliseconds) {
      takenThisTurn = true
      nextTurn(turned)
      average += (milliseconds - average) * newest
      waits += 1
      if (milliseconds > hangingMs || average > promptMs) {
        paused = pause
        pause = Math.min(pause * 2, longestPause)
        average = promptMs / 2
        waits = 0
      } else if (waits === forgivenAfter) {
        pause = firstPause
        waits = 0
      }
    },
  }
}
