/** Runs what belongs to one key one after the other, and what belongs to different keys at the same time. */
export function createKeyedQueue(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>()
  return async (key, task) => {
    const before = tails.get(key)
    const turn = (async () => {
      // whether the one before failed concerns only who asked for it
      await before?.catch(() => {})
      return task()
    })()
    tails.set(key, turn)
    try {
      return await turn
    } finally {
      if (tails.get(key) === turn) tails.delete(key)
    }
  }
}
