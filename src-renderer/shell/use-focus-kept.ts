import { useEffect } from 'react'

/** longer than a dialog or a menu takes to give the focus back by itself */
const patienceMs = 100
const focusable = 'a[href], button:not(:disabled), input:not(:disabled), textarea:not(:disabled), [tabindex="0"]'

/**
 * What is pressed may leave the page by its own effect: “Withdraw” goes with what was withdrawn. Without this the focus would fall back
 * to the beginning of the window; with it, it stays as near as it can.
 */
export function useFocusKept(): void {
  useEffect(() => {
    let around: Element[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const isLost = (): boolean => document.activeElement === document.body && around[0]?.isConnected === false
    const onFocus = ({ target }: FocusEvent): void => {
      around = []
      for (let element = target instanceof Element ? target : null; element; element = element.parentElement) around.push(element)
    }
    const keep = (): void => {
      timer = undefined
      if (isLost()) nearest(around)?.focus({ preventScroll: true })
    }
    const observer = new MutationObserver(() => {
      if (timer === undefined && isLost()) timer = setTimeout(keep, patienceMs)
    })
    document.addEventListener('focusin', onFocus)
    observer.observe(document.body, { childList: true, subtree: true })
    return () => {
      document.removeEventListener('focusin', onFocus)
      observer.disconnect()
      clearTimeout(timer)
    }
  }, [])
}

/** The first control of what is left around it; the page itself, if nothing of it is. */
function nearest(around: readonly Element[]): HTMLElement | null {
  const main = document.getElementById('main')
  for (const element of around) {
    if (element === main) break
    const control = element.isConnected && main?.contains(element) ? element.querySelector<HTMLElement>(focusable) : null
    if (control) return control
  }
  return main
}
