/** Takes what a socket brought in turns of the event loop. */
export interface ByTurns<T> {
  /** in the order of the calls: at once, or in a later turn */
  give: (item: T) => void
  /** what still waits, at once: the socket has closed */
  finish: () => void
}

/**
 * At most so many items in one turn. A socket hands over at once all that arrived while the process was busy; taken as a whole it moves on as a whole, and each
 * process on the way works alone while the others wait for it. In portions the next process begins while this one still works.
 */
export function takeByTurns<T>(take: (item: T) => void, most: number): ByTurns<T> {
  let waiting: T[] = []
  let taken = 0
  let planned = false
  const plan = () => {
    if (planned) return
    planned = true
    setImmediate(turn)
  }
  const turn = () => {
    planned = false
    taken = 0
    const portion = waiting.splice(0, most)
    if (waiting.length > 0) plan()
    for (const item of portion) {
      taken += 1
      take(item)
    }
  }
  return {
    give(item) {
      if (waiting.length === 0 && taken < most) {
        taken += 1
        plan()
        take(item)
      } else {
        waiting.push(item)
        plan()
      }
    },
    finish() {
      const left = waiting
      waiting = []
      for (const item of left) take(item)
    },
  }
}
