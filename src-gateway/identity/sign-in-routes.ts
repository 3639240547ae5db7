import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import { desktopClientId } from '../../src-protocol/http-api.ts'
import type { Person } from '../../src-protocol/model.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Clock } from '../../src-node/clock.ts'
import { sendBrowserPage } from '../../src-node/browser-page.ts'
import type { Logger } from '../../src-node/logger.ts'
import { interactionPath } from './desktop-provider.ts'
import { errorPage } from './error-page.ts'
import type { Authenticated, IdentityProviderClient, Standing, UpstreamRequest } from './identity-provider-client.ts'
import type { PeopleStore } from './people-store.ts'

export const callbackPath = '/sign-in/callback'

/** How long somebody may take at the identity provider. */
const pendingMilliseconds = 600_000
const pendingLimit = 1000

interface Pending {
  request: UpstreamRequest
  /** the provider's interaction that waits for this answer */
  uid: string
  /** also held by the browser, as a cookie: nobody can finish a sign-in that somebody else's browser began */
  binding: string
  /** proves once more who it is, for one vote; nobody is signed in by it */
  fresh: boolean
  startedAt: number
}

export interface SignInRoutes {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
}

/** `/sign-in/start/<uid>` leads to the identity provider, `/sign-in/callback` takes its answer back to our own provider. */
export function createSignInRoutes(options: {
  provider: Provider
  upstream: IdentityProviderClient
  people: PeopleStore
  publicUrl: string
  signInSeconds: number
  /** a new sign-in, not complete before the desktop has asked for its first token */
  onStarted: (signIn: { id: string; sub: string; standing: Standing; groupsChanged: boolean }) => void
  /** somebody signed in anew to prove who they are: no sign-in comes of it */
  onConfirmed: (fresh: { id: string; sub: string; groupsChanged: boolean }) => void
  clock: Clock
  log: Logger
}): SignInRoutes {
  const { provider, upstream, people, publicUrl, signInSeconds, onStarted, onConfirmed, clock, log } = options
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  /** by state; one use each */
  const pending = new Map<string, Pending>()

  const start = async (request: IncomingMessage, response: ServerResponse) => {
    const { uid, params } = await provider.interactionDetails(request, response)
    const fresh = freshSignInOf(params)
    const upstreamRequest = await attempt(() => upstream.start(fresh))
    if (upstreamRequest instanceof AppError) return giveUp(response, uid, upstreamRequest)
    const binding = randomBytes(32).toString('base64url')
    const now = clock.now().getTime()
    for (const [state, { startedAt }] of pending) {
      if (now - startedAt < pendingMilliseconds && pending.size < pendingLimit) break
      pending.delete(state)
    }
    pending.set(upstreamRequest.state, { request: upstreamRequest, uid, binding, fresh: fresh !== undefined, startedAt: now })
    redirect(
      response,
      upstreamRequest.url.href,
      bindingCookie(upstreamRequest.state, binding, `Max-Age=${pendingMilliseconds / 1000}${secure}`),
    )
  }

  const callback = async (request: IncomingMessage, response: ServerResponse, answer: URL) => {
    const state = answer.searchParams.get('state') ?? ''
    const waiting = pending.get(state)
    if (!waiting || clock.now().getTime() - waiting.startedAt > pendingMilliseconds) {
      throw new AppError('SIGN_IN_RESPONSE_INVALID', { problem: 'no sign-in is waiting for it, or it waited too long' })
    }
    if (!equalText(cookieOf(request, bindingName(state)), waiting.binding)) {
      throw new AppError('SIGN_IN_RESPONSE_INVALID', { problem: 'the sign-in was started in another browser' })
    }
    pending.delete(state)
    const cookie = bindingCookie(state, '', `Max-Age=0${secure}`)
    const answered = await attempt(() => upstream.finish(answer, waiting.request))
    if (answered instanceof AppError) return giveUp(response, waiting.uid, answered, cookie)

    const { person, changed } = people.remember(answered.claims)
    if (waiting.fresh) return confirm(response, waiting.uid, { person, changed, ...answered }, cookie)
    const grant = new provider.Grant({ clientId: desktopClientId, accountId: person.sub })
    grant.addOIDCScope('openid offline_access')
    const signInId = await grant.save()
    people.createSignIn({ id: signInId, sub: person.sub, expiresAt: new Date(clock.now().getTime() + signInSeconds * 1000) })
    onStarted({ id: signInId, sub: person.sub, standing: answered.standing, groupsChanged: changed })
    await finish(response, waiting.uid, { login: { accountId: person.sub, remember: false }, consent: { grantId: signInId } }, cookie)
  }

  /** The proof is the ID token alone: what else the desktop gets is worth nothing here. */
  const confirm = async (
    response: ServerResponse,
    uid: string,
    { person, changed, authenticated }: { person: Person; changed: boolean; authenticated: Authenticated },
    cookie: string,
  ) => {
    const grant = new provider.Grant({ clientId: desktopClientId, accountId: person.sub })
    grant.addOIDCScope('openid')
    const grantId = await grant.save()
    onConfirmed({ id: grantId, sub: person.sub, groupsChanged: changed })
    const { at, acr } = authenticated
    const login = { accountId: person.sub, remember: false, ...(at !== undefined && { ts: at }), ...(acr !== undefined && { acr }) }
    await finish(response, uid, { login, consent: { grantId } }, cookie)
  }

  /** The desktop is told why, by an OAuth error; its own window says it in words. */
  const giveUp = (response: ServerResponse, uid: string, error: AppError, cookie?: string) => {
    log.warn({ code: error.code, cause: error.cause instanceof Error ? error.cause.message : undefined }, error.message)
    return finish(response, uid, oauthErrorOf(error), cookie)
  }

  const finish = async (response: ServerResponse, uid: string, result: Record<string, unknown>, cookie?: string) => {
    // not `interactionFinished`: it needs the cookie of the interaction's own path, and the binding has been checked above
    const interaction = await provider.Interaction.find(uid)
    if (!interaction) throw new AppError('SIGN_IN_RESPONSE_INVALID', { problem: 'no sign-in is waiting for it, or it waited too long' })
    interaction.result = result
    await interaction.persist()
    redirect(response, interaction.returnTo, cookie)
  }

  return {
    async handle(request, response) {
      try {
        const url = new URL(request.url ?? '/', publicUrl)
        if (request.method !== 'GET') throw new AppError('NOT_FOUND', { what: 'This page' })
        if (url.pathname === callbackPath) await callback(request, response, url)
        else if (url.pathname.startsWith(`${interactionPath}/`)) await start(request, response)
        else throw new AppError('NOT_FOUND', { what: 'This page' })
      } catch (cause) {
        const error =
          cause instanceof AppError
            ? cause
            : new AppError('SIGN_IN_RESPONSE_INVALID', { problem: 'it belongs to no sign-in of this browser' }, { cause })
        log.warn({ code: error.code, cause: cause instanceof Error ? cause.message : undefined }, error.message)
        if (response.headersSent) response.destroy()
        else sendBrowserPage(response, { ...errorPage(error), status: error.status })
      }
    },
  }
}

/** A request with `max_age` is for a fresh sign-in (OpenID Connect Core 1.0, section 3.1.2.1). */
function freshSignInOf(params: Record<string, unknown>): { maxAgeSeconds: number; acrValues?: string | undefined } | undefined {
  const { max_age: maxAge, acr_values: acrValues } = params
  if (maxAge === undefined) return undefined
  return { maxAgeSeconds: Number(maxAge), acrValues: typeof acrValues === 'string' ? acrValues : undefined }
}

/** Expected failures as values; anything else is thrown on. */
async function attempt<T>(work: () => Promise<T>): Promise<T | AppError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

function oauthErrorOf(error: AppError): { error: string; error_description: string } {
  if (error.code === 'SIGN_IN_CANCELLED') return { error: 'access_denied', error_description: 'the person cancelled the sign-in' }
  if (error.code === 'IDENTITY_PROVIDER_UNREACHABLE')
    return { error: 'temporarily_unavailable', error_description: describe(error, 'issuer') }
  return { error: 'server_error', error_description: describe(error, 'problem') }
}

/** RFC 6749, section 4.1.2.1: printable ASCII without quotation mark and backslash. */
function describe(error: AppError, key: string): string {
  return String(error.data[key] ?? error.message)
    .replaceAll('’', "'")
    .replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
    .slice(0, 300)
}

function redirect(response: ServerResponse, location: string, cookie?: string): void {
  response.writeHead(303, {
    location,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': '0',
    ...(cookie === undefined ? {} : { 'set-cookie': cookie }),
  })
  response.end()
}

/** One cookie for each sign-in, so that two of them can go on in one browser at the same time. */
const bindingName = (state: string): string => `gatehouse_sign_in_${state.slice(0, 16)}`

function bindingCookie(state: string, value: string, attributes: string): string {
  return `${bindingName(state)}=${value}; Path=${callbackPath}; HttpOnly; SameSite=Lax; ${attributes}`
}

function cookieOf(request: IncomingMessage, name: string): string {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value = ''] = pair.trim().split('=', 2)
    if (key === name) return value
  }
  return ''
}

function equalText(a: string, b: string): boolean {
  const [bytesA, bytesB] = [Buffer.from(a), Buffer.from(b)]
  return bytesA.length === bytesB.length && timingSafeEqual(bytesA, bytesB)
}
