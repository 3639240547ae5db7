import { useSyncExternalStore } from 'react'

const darkQuery = '(prefers-color-scheme: dark)'

function subscribe(listener: () => void): () => void {
  const media = window.matchMedia(darkQuery)
  media.addEventListener('change', listener)
  return () => media.removeEventListener('change', listener)
}

/** The scheme to draw: what the person chose, or the system's while they chose `auto`. */
export function useColorScheme(preference: 'light' | 'dark' | 'auto'): 'light' | 'dark' {
  const systemIsDark = useSyncExternalStore(subscribe, () => window.matchMedia(darkQuery).matches)
  if (preference !== 'auto') return preference
  return systemIsDark ? 'dark' : 'light'
}
