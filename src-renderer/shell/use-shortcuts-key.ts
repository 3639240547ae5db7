import { useEffect, useEffectEvent } from 'react'

/** Where `?` is a letter, or where something is open already. */
const elsewhere = 'input, textarea, select, [contenteditable=true], [role=dialog], [role=menu]'

/** `?`, wherever the keyboard has that character, opens the list of shortcuts. */
export function useShortcutsKey(open: () => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== '?' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.target instanceof Element && event.target.closest(elsewhere)) return
    event.preventDefault()
    open()
  })
  useEffect(() => {
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
