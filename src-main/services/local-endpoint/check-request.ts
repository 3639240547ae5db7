import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../../../src-protocol/app-error.ts'
import { forwardedRequestHeaders, type HeaderMap } from '../../../src-protocol/tunnel.ts'
import { isLoopbackHost } from '../../../src-node/loopback.ts'

/**
 * A page in a browser can make requests to 127.0.0.1 too. It cannot choose the Host header (a name that resolves to 127.0.0.1 shows
 * there) and cannot leave out Origin; what passes both still needs the secret.
 * @throws AppError LOCAL_HOST_REFUSED, LOCAL_ORIGIN_REFUSED
 */
export function assertLocalRequest(headers: IncomingHttpHeaders, port: number): void {
  const host = headers.host ?? ''
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}` && host !== `[::1]:${port}`) {
    throw new AppError('LOCAL_HOST_REFUSED', { host: host.slice(0, 200) })
  }
  const { origin } = headers
  if (origin !== undefined && !isLoopbackOrigin(origin)) throw new AppError('LOCAL_ORIGIN_REFUSED', { origin: origin.slice(0, 200) })
}

function isLoopbackOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return (protocol === 'http:' || protocol === 'https:') && isLoopbackHost(hostname)
}

/** What follows `Bearer `; the scheme's name is case-insensitive (RFC 9110, 11.1). */
export function bearerOf(headers: IncomingHttpHeaders): string {
  return /^bearer +([\w.~+/=-]+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
}

/** In constant time for secrets of the same length; their length is no secret. */
export function sameSecret(given: string, expected: Buffer): boolean {
  const bytes = Buffer.from(given)
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}

const forwarded = new Set<string>(forwardedRequestHeaders)

/** What MCP defines; cookies, the local secret and everything else stay on this computer. */
export function forwardedHeaders(headers: IncomingHttpHeaders): HeaderMap {
  const kept: HeaderMap = {}
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'string' && (forwarded.has(name) || name.startsWith('mcp-param-'))) kept[name] = value
  }
  return kept
}
