import { useState } from 'react'

/** The moment at which the page was opened: periods are days, and a page that stays open keeps its own. */
export function useToday(): number {
  const [now] = useState(() => Date.now())
  return now
}
