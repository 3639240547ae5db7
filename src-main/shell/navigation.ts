import type { WebContents } from 'electron'
import { isApplicationUrl } from './application-origin.ts'

/** A page may load itself again; everything else stays where it is. Pages inside the application change without navigating. */
export const decideNavigation = (url: string, current: string): 'allow' | 'deny' =>
  isApplicationUrl(url) && isApplicationUrl(current) && withoutFragment(url) === withoutFragment(current) ? 'allow' : 'deny'

const withoutFragment = (url: string): string => url.split('#')[0] ?? ''

/** Blocks navigation, redirects, new windows and webviews of every page, whoever makes it. */
export function guardNavigation(contents: WebContents): void {
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || decideNavigation(event.url, contents.getURL()) === 'deny') event.preventDefault()
  })
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}
