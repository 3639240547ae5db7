/**
 * Whether to wait for the disk where we are. Handing a write to another thread and being woken by it costs more than a quick disk takes: then the event
 * loop waits for it itself, once in a turn, so that several files still go to the disk at the same time. A disk that made it wait too long is left to other
 * threads for a while, for longer each time.
 */
export interface Promptness {
  mayWaitHere(bytes: number): boolean
  /** how long the event loop waited */
  waited(milliseconds: number): void
}

const promptBytes = 128 * 1024
const promptMs = 1.5
const firstPause = 16
const longestPause = 4096
/** so many quick writes, and it was only a moment */
const forgivenAfter = 256

/** @param nextTurn runs something in the next turn of the event loop */
export function createPromptness(nextTurn: (task: () => void) => void): Promptness {
  let takenThisTurn = false
  /** writes that are left to other threads before the disk is tried again */
  let paused = firstPause
  let pause = firstPause
  let quick = 0
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
      if (milliseconds > promptMs) {
        paused = pause
        pause = Math.min(pause * 2, longestPause)
        quick = 0
        return
      }
      quick += 1
      if (quick < forgivenAfter) return
      pause = firstPause
      quick = 0
    },
  }
}
