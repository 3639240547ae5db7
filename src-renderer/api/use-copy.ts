import { useEffect, useState } from 'react'
import { desktop } from './desktop.ts'

const shownMs = 1500

/** Copies text through main (the window has no clipboard permission) and says so for a moment. */
export function useCopy(): { copied: boolean; copy: (text: string) => void } {
  const [copiedAt, setCopiedAt] = useState<number>()

  useEffect(() => {
    if (copiedAt === undefined) return undefined
    const timer = setTimeout(() => setCopiedAt(undefined), shownMs)
    return () => clearTimeout(timer)
  }, [copiedAt])

  const copy = (text: string): void => {
    void desktop.invoke('clipboard:write', text).then(() => setCopiedAt(Date.now()))
  }
  return { copied: copiedAt !== undefined, copy }
}
