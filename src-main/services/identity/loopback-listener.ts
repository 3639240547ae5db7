import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../../src-protocol/app-error.ts'
import { escapeHtml, sendBrowserPage } from '../../../src-node/browser-page.ts'

/** Where the system browser brings the answer of a sign-in: 127.0.0.1, a free port, one use (RFC 8252, section 7.3). */
export interface LoopbackListener {
  redirectUri: string
  /**
   * The first request for the callback. The browser waits until `respond` is called, so that the page tells the truth.
   * Rejects with AppError SIGN_IN_TIMED_OUT, or with the reason given to `close`.
   */
  answer: Promise<LoopbackAnswer>
  close(reason?: AppError): void
}

interface LoopbackAnswer {
  url: URL
  /** `done`: what the page says it was for, where that is not the sign-in itself */
  respond(outcome: { name: string; done?: string } | AppError): void
}

const callbackPath = '/callback'

export async function openLoopbackListener(options: { timeoutSeconds: number }): Promise<LoopbackListener> {
  const { promise: answer, resolve, reject } = Promise.withResolvers<LoopbackAnswer>()
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000 })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', listening)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const redirectUri = `http://${host}${callbackPath}`
  let answered = false

  const close = (reason: AppError = new AppError('SIGN_IN_CANCELLED')) => {
    clearTimeout(timer)
    reject(reason)
    server.close()
    server.closeIdleConnections()
  }
  const timer = setTimeout(
    () => close(new AppError('SIGN_IN_TIMED_OUT', { seconds: options.timeoutSeconds })),
    options.timeoutSeconds * 1000,
  )
  // whoever does not wait for the answer any more (a cancelled sign-in) has been told otherwise
  answer.catch(() => undefined)

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // a name that resolves to 127.0.0.1 would let a web page read what comes back
    if (request.headers.host !== host) return refuse(response, 421)
    const url = URL.parse(request.url ?? '/', redirectUri)
    if (url?.origin !== new URL(redirectUri).origin || url.pathname !== callbackPath) return refuse(response, 404)
    if (request.method !== 'GET') return refuse(response, 405)
    if (answered) return refuse(response, 410)
    answered = true
    clearTimeout(timer)
    resolve({
      url,
      respond(outcome) {
        sendBrowserPage(response, { ...resultPage(outcome), headers: { connection: 'close' } })
        server.close()
        server.closeIdleConnections()
      },
    })
  })
  return { redirectUri, answer, close }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': '0', connection: 'close' })
  response.end()
}

function resultPage(outcome: { name: string; done?: string } | AppError) {
  if (outcome instanceof AppError) {
    return {
      title: 'You are not signed in',
      brand: 'Gatehouse',
      status: 400,
      body: `<h1>You are not signed in</h1>
<p class="error" role="alert">${escapeHtml(outcome.message)}</p>
<p>${escapeHtml(outcome.remedy)}</p>`,
    }
  }
  return {
    title: 'You are signed in',
    brand: 'Gatehouse',
    status: 200,
    body: `<h1>You are signed in</h1>
<p>Signed in as <strong>${escapeHtml(outcome.name)}</strong>.</p>
<p>${escapeHtml(outcome.done ?? 'Gatehouse is ready.')} You can close this tab.</p>`,
  }
}
