import { isApplicationUrl } from './application-origin.ts'

export type ApplicationPath =
  /** path inside the renderer's folder, `/`-separated, without a leading slash */
  { ok: true; file: string } | { ok: false; reason: 'other-origin' | 'encoded' | 'traversal' | 'characters' | 'too-long' }

/**
 * The file that a URL of the application names. There is one page; where it is inside itself stands in the fragment.
 * Our own files need no escapes, no dots but one before an extension, and no empty segment: anything else is refused, not repaired.
 */
export function parseApplicationPath(text: string): ApplicationPath {
  if (text.length > 2000) return { ok: false, reason: 'too-long' }
  if (!isApplicationUrl(text)) return { ok: false, reason: 'other-origin' }
  // the text itself: a URL object has already resolved `..` and turned backslashes
  const path = /^[^:]+:\/\/[^/?#\\]*([^?#]*)/.exec(text)?.[1] ?? ''
  if (path.includes('%')) return { ok: false, reason: 'encoded' }
  const segments = path.split('/').slice(1)
  if (segments.some((segment) => segment === '.' || segment === '..')) return { ok: false, reason: 'traversal' }
  const names = segments.at(-1) === '' ? segments.slice(0, -1) : segments
  if (path !== '' && !names.every((name) => /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name))) return { ok: false, reason: 'characters' }
  if (path !== '' && !path.startsWith('/')) return { ok: false, reason: 'characters' }
  return { ok: true, file: names.join('/') || 'index.html' }
}
