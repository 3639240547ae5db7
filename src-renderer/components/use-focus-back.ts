import { useEffect, useRef } from 'react'

/** When this is drawn no more, the focus returns to where it was; to the page, if that is gone. */
export function useFocusBack(): void {
  const before = useRef<HTMLElement>(null)
  useEffect(() => {
    before.current ??= document.activeElement instanceof HTMLElement ? originOf(document.activeElement) : null
    return () => {
      const target = before.current
      // after the dialog has left the page; not if something else was focused on purpose meanwhile
      setTimeout(() => {
        if (document.activeElement !== null && document.activeElement !== document.body) return
        const back = target?.isConnected === true && target !== document.body ? target : document.getElementById('main')
        back?.focus({ preventScroll: true })
      }, 0)
    }
  }, [])
}

/** A menu is gone by then: the button that opened it stands for its items. */
function originOf(element: HTMLElement): HTMLElement {
  const opener = element.closest('[role=menu]')?.getAttribute('aria-labelledby')
  return (opener !== null && opener !== undefined && document.getElementById(opener)) || element
}
