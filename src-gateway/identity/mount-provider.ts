import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import { oidcPath } from '../../src-protocol/http-api.ts'

/**
 * Serves the provider under its path. It builds addresses from Host and scheme of the request, and compares proofs with them:
 * both are pinned to the public URL here, so no proxy has to be trusted and no Host header believed.
 */
export function mountProvider(
  provider: Provider,
  publicUrl: string,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const callback = provider.callback()
  const { host, protocol } = new URL(publicUrl)
  return async (request, response) => {
    const url = request.url ?? '/'
    request.headers.host = host
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
    delete request.headers['x-forwarded-host']
    const cookie = withoutSession(request.headers.cookie)
    if (cookie === undefined) delete request.headers.cookie
    else request.headers.cookie = cookie
    await callback(Object.assign(request, { originalUrl: url, url: url.slice(oidcPath.length) }), response)
  }
}

/**
 * Each sign-in is one of its own: a browser session of an earlier one must not answer for it. Two desktops of one computer can
 * so be signed in as two people through the same browser; without this the second would end or become the first.
 */
function withoutSession(cookie: string | undefined): string | undefined {
  const kept = cookie?.split(';').filter((pair) => !/^\s*gatehouse_session(\.sig)?=/.test(pair))
  return kept === undefined || kept.length === 0 ? undefined : kept.join(';')
}
