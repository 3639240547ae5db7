export type ExternalUrl = { ok: true; url: string } | { ok: false; reason: 'malformed' | 'scheme' | 'credentials' | 'origin' }

/**
 * Whether an address may be opened in the system browser: only on the gateway's own origin, compared as an origin and not as the
 * start of a text. Plain http only to this computer, where nobody listens in between.
 */
export function decideExternalUrl(text: string, gatewayUrl: string): ExternalUrl {
  const url = URL.parse(text)
  const gateway = URL.parse(gatewayUrl)
  if (url === null || gateway === null) return { ok: false, reason: 'malformed' }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return { ok: false, reason: 'scheme' }
  if (url.username !== '' || url.password !== '') return { ok: false, reason: 'credentials' }
  if (url.origin !== gateway.origin) return { ok: false, reason: 'origin' }
  return { ok: true, url: url.href }
}

const isLoopback = (hostname: string): boolean => hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost'
