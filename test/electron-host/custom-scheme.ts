/**
 * Custom schemes do not exist in stock Chromium: `app://gatehouse/x` becomes `https://gatehouse.app-scheme.test/x` on the way into
 * the browser and back on the way out, and requests to it are answered from `protocol.handle` by interception.
 */
import type { CdpSession, Protocol } from './cdp.ts'

export type ProtocolHandler = (request: Request) => Response | Promise<Response>

export interface CustomScheme {
  scheme: string
  privileges?: { standard?: boolean; secure?: boolean; supportFetchAPI?: boolean; codeCache?: boolean }
}

const schemes = new Set<string>()
const handlers = new Map<string, ProtocolHandler>()

export const protocol = {
  registerSchemesAsPrivileged(list: CustomScheme[]): void {
    for (const { scheme } of list) schemes.add(scheme)
  },
  handle(scheme: string, handler: ProtocolHandler): void {
    if (!schemes.has(scheme)) throw new Error(`The host only serves schemes that were registered as privileged; ${scheme} was not.`)
    if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`)
    handlers.set(scheme, handler)
  },
}

export const toWebUrl = (url: string): string =>
  url.replace(/^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i, (whole, scheme: string, host: string) =>
    schemes.has(scheme.toLowerCase()) ? `https://${host}.${scheme.toLowerCase()}-scheme.test` : whole,
  )

export const toAppUrl = (url: string): string =>
  url.replace(/^https:\/\/([^/?#]+)\.([a-z0-9+-]+)-scheme\.test/i, (whole, host: string, scheme: string) =>
    schemes.has(scheme) ? `${scheme}://${host}` : whole,
  )

/** What to intercept so that every request to a custom scheme passes `serve`. */
export const schemePatterns = (): Protocol.Fetch.RequestPattern[] =>
  [...schemes].map((scheme) => ({ urlPattern: `https://*.${scheme}-scheme.test/*` }))

/** Answers an intercepted request to a custom scheme; false if the request is to something else. */
export async function serve(paused: Protocol.Fetch.requestPausedPayload, session: CdpSession): Promise<boolean> {
  const url = toAppUrl(paused.request.url)
  if (url === paused.request.url) return false
  const handler = handlers.get(url.slice(0, url.indexOf(':')))
  try {
    if (!handler) throw new Error(`nothing handles ${url}`)
    const response = await handler(new Request(url, { method: paused.request.method, headers: paused.request.headers }))
    await session.send('Fetch.fulfillRequest', {
      requestId: paused.requestId,
      responseCode: response.status,
      responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
      body: Buffer.from(await response.arrayBuffer()).toString('base64'),
    })
  } catch (error) {
    console.error('[host] the protocol handler failed', error)
    await session.send('Fetch.failRequest', { requestId: paused.requestId, errorReason: 'Failed' })
  }
  return true
}
