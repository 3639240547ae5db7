import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { AppError } from '../../src-protocol/app-error.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import { desktopClientId, oidcPath } from '../../src-protocol/http-api.ts'
import type { PersonSeen } from '../../src-protocol/access.ts'
import type { Person } from '../../src-protocol/model.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import { isSecureOrLoopback } from '../../src-node/loopback.ts'
import { openSigningKeys } from '../../src-node/signing-keys.ts'
import type { StepUp } from '../../src-core/approval/step-up.ts'
import { createAccessCheck } from './access-check.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createDesktopProvider, type Lifetimes } from './desktop-provider.ts'
import { prepareIdentityTables } from './identity-database.ts'
import { createIdentityProviderClient } from './identity-provider-client.ts'
import { mountProvider } from './mount-provider.ts'
import { createPeopleStore, type SignInRow } from './people-store.ts'
import { callbackPath, createSignInRoutes } from './sign-in-routes.ts'
import { createStepUpCheck, type StepUpRequest } from './step-up-check.ts'
import { createStandingStore } from './standing-store.ts'

/** Somebody whose request was authenticated. */
export interface SignedIn {
  person: Person
  signInId: string
  /** RFC 7638 thumbprint of the key that the sign-in is bound to, and that signs this person's votes */
  keyThumbprint: string
  /** of the access token */
  expiresAt: Date
}

export interface Identity {
  /** True if it served the request: everything under /oidc and /sign-in. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /**
   * `url` is absolute, as desktops see it, without query.
   * @throws AppError SIGN_IN_REQUIRED, TOKEN_INVALID, TOKEN_EXPIRED, PROOF_INVALID, PROOF_REPLAYED
   */
  authenticate(request: { method: string; url: string; headers: IncomingHttpHeaders }): Promise<SignedIn>
  /** The same for a `renew` message of the tunnel, whose proof is for GET on the tunnel's URL. */
  authenticateRenewal(renewal: { accessToken: string; proof: string; url: string }): Promise<SignedIn>
  /**
   * A fresh sign-in that was made for this request and with this key.
   * @throws AppError STEP_UP_INVALID
   */
  freshSignIn(idToken: string, request: StepUpRequest): Promise<{ sub: string; stepUp: StepUp }>
  /** Ends the sign-in everywhere: its tokens are refused from now on. */
  signOut(signedIn: Pick<SignedIn, 'signInId'>): Promise<void>
  /** Signed out, revoked, or a refresh token was used twice. */
  onSignedOut(listener: (signInId: string) => void): () => void
  /** It has not ended, by itself or otherwise. */
  signInStands(signInId: string): boolean
  /** Everybody who ever signed in, with what the identity provider said last. */
  person(sub: string): Person | undefined
  people(): Person[]
  /** the same, with when they signed in */
  peopleSeen(): PersonSeen[]
  /** The identity provider named other groups than before. */
  onPersonChanged(listener: (person: Person) => void): () => void
  close(): void
}

export interface IdentityEvent {
  act: 'signed-in' | 'signed-out'
  person: Person
  signInId: string
}

export interface IdentityOptions {
  config: GatewayConfig
  database: Database
  publicUrl: string
  clientSecret: string
  clock: Clock
  log: Logger
  /** where the signing keys lie; default: `config.data` */
  dataFolder?: string
  /** Awaited before the first token of a sign-in is handed out: if it rejects, nobody is signed in. */
  onEvent?: (event: IdentityEvent) => void | Promise<void>
  /** default: 300 seconds for an access token, 12 hours for a sign-in */
  lifetimes?: Partial<Lifetimes>
}

/** @throws AppError CONFIG_INVALID, CONFIG_UNREADABLE */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { config, database, clientSecret, clock, log } = options
  const lifetimes: Lifetimes = { accessTokenSeconds: 300, signInSeconds: 12 * 3600, ...options.lifetimes }
  const publicUrl = originOf(options.publicUrl)
  const issuer = `${publicUrl}${oidcPath}`

  prepareIdentityTables(database)
  const keys = await openSigningKeys(join(options.dataFolder ?? config.data, 'identity-keys.json'))
  const people = createPeopleStore(database, config.roles, clock)
  const store = createArtifactStore(database)
  const signedOut = createListeners<string>(log)
  const personChanged = createListeners<Person>(log)

  const personOf = (sub: string): Person => {
    const person = people.person(sub)
    if (!person) throw new AppError('TOKEN_INVALID', { problem: 'its person is unknown' })
    return person
  }
  const standings = createStandingStore(database)
  const upstream = createIdentityProviderClient({
    config: config.identityProvider,
    clientSecret,
    redirectUri: `${publicUrl}${callbackPath}`,
  })
  const revoke = async (signInId: string): Promise<void> => {
    for (const model of ['AccessToken', 'AuthorizationCode', 'RefreshToken']) await store(model).revokeByGrantId(signInId)
    await store('Grant').destroy(signInId)
    await end(signInId)
  }
  /** At each renewal: does the identity provider still say the same? False ends the sign-in. */
  const stillStands = async ({ id, sub }: SignInRow): Promise<boolean> => {
    const standing = standings.get(id)
    if (!standing) return true
    try {
      const answer = await upstream.recheck(standing, sub)
      if (answer.outcome === 'unknown') return true
      if (answer.outcome === 'ended') return false
      standings.set(id, answer.standing)
      if (people.remember(answer.claims).changed) personChanged.tell(personOf(sub))
      return true
    } catch (error) {
      // a provider that is away for a while does not stop everybody's work; a sign-in ends by itself after its hours
      log.warn({ err: error }, 'the identity provider could not be asked whether a sign-in still stands')
      return true
    }
  }
  const end = async (signInId: string): Promise<void> => {
    const signIn = people.signIn(signInId)
    standings.delete(signInId)
    if (!signIn || !people.endSignIn(signInId)) return
    signedOut.tell(signInId)
    // a sign-in without a key never handed out a token: nobody was signed in
    if (signIn.keyThumbprint !== undefined) await options.onEvent?.({ act: 'signed-out', person: personOf(signIn.sub), signInId })
  }

  const provider = createDesktopProvider({
    issuer,
    audience: publicUrl,
    keys,
    store: (model) => (model === 'RefreshToken' ? standings.watch(store(model)) : store(model)),
    lifetimes,
    log,
    person: (sub) => people.person(sub),
    async decideToken({ signInId, keyThumbprint }) {
      // its access token is worth nothing: no sign-in stands behind it
      if (stepUps.isOne(signInId)) return { ok: true }
      const signIn = people.signIn(signInId)
      if (!signIn || signIn.ended || signIn.expiresAt <= clock.now()) return { ok: false, problem: 'the sign-in has ended' }
      if (signIn.keyThumbprint === keyThumbprint) {
        if (await stillStands(signIn)) return { ok: true }
        await revoke(signInId)
        return { ok: false, problem: 'the identity provider has ended the sign-in' }
      }
      if (!people.completeSignIn(signInId, keyThumbprint)) return { ok: false, problem: 'the sign-in is bound to another key' }
      try {
        await options.onEvent?.({ act: 'signed-in', person: personOf(signIn.sub), signInId })
      } catch (error) {
        people.endSignIn(signInId)
        throw error
      }
      return { ok: true }
    },
  })
  provider.on('grant.revoked', (_context, grantId) => {
    void end(grantId).catch((error: unknown) => log.error({ err: error }, 'a sign-out could not be logged'))
  })
  const routes = createSignInRoutes({
    provider,
    upstream,
    people,
    publicUrl,
    signInSeconds: lifetimes.signInSeconds,
    onStarted({ id, sub, standing, groupsChanged }) {
      standings.set(id, standing)
      if (groupsChanged) personChanged.tell(personOf(sub))
    },
    onConfirmed({ id, sub, groupsChanged }) {
      stepUps.add(id)
      if (groupsChanged) personChanged.tell(personOf(sub))
    },
    clock,
    log,
  })
  const mounted = mountProvider(provider, publicUrl)
  const publicKeys = { keys: keys.jwks.keys.map(({ kty, crv, x, y, kid }) => ({ kty, crv, x, y, kid, use: 'sig', alg: 'ES256' })) }
  const stepUps = createStepUpCheck({ issuer, publicKeys, clientId: desktopClientId, clock })
  const access = createAccessCheck({ issuer, audience: publicUrl, publicKeys, clientId: desktopClientId, clock })

  const authenticate = async (request: {
    method: string
    url: string
    authorization: string | undefined
    proof: string | undefined
  }): Promise<SignedIn> => {
    const { sub, signInId, keyThumbprint, expiresAt } = await access.check(request)
    const signIn = people.signIn(signInId)
    if (!signIn || signIn.ended || signIn.sub !== sub || signIn.keyThumbprint !== keyThumbprint || signIn.expiresAt <= clock.now()) {
      throw new AppError('TOKEN_INVALID', { problem: 'the sign-in has ended' })
    }
    return { person: personOf(sub), signInId, keyThumbprint, expiresAt }
  }

  return {
    async handle(request, response) {
      const path = URL.parse(request.url ?? '/', publicUrl)?.pathname ?? '/'
      if (path.startsWith(`${oidcPath}/`)) {
        await mounted(request, response)
        return true
      }
      if (!path.startsWith('/sign-in/')) return false
      await routes.handle(request, response)
      return true
    },
    authenticate: ({ method, url, headers }) =>
      authenticate({ method, url, authorization: headers.authorization, proof: single(headers['dpop']) }),
    authenticateRenewal: ({ accessToken, proof, url }) => authenticate({ method: 'GET', url, authorization: `DPoP ${accessToken}`, proof }),
    freshSignIn: (idToken, request) => stepUps.check(idToken, request),
    signOut: ({ signInId }) => revoke(signInId),
    onSignedOut: signedOut.add,
    signInStands(signInId) {
      const signIn = people.signIn(signInId)
      return signIn !== undefined && !signIn.ended && signIn.expiresAt > clock.now()
    },
    person: (sub) => people.person(sub),
    people: () => people.people(),
    peopleSeen: () => people.seen(),
    onPersonChanged: personChanged.add,
    close() {
      signedOut.clear()
      personChanged.clear()
    },
  }
}

/** The public URL is an origin: tokens, proofs and cookies all name it, so there is one way to write it. */
function originOf(publicUrl: string): string {
  const url = new URL(publicUrl)
  const problem = (text: string) => new AppError('CONFIG_INVALID', { file: 'of the gateway', problem: `publicUrl: ${text}` })
  if (!isSecureOrLoopback(url)) throw problem('https is required, except on loopback')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw problem('it must have no path, query or fragment')
  return url.origin
}

/** Node joins repeated headers with a comma; a proof never holds one, so such a value fails its check. */
const single = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(', ') : header)

function createListeners<T>(log: Logger) {
  const listeners = new Set<(value: T) => void>()
  return {
    add: (listener: (value: T) => void): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** Every listener hears it, whatever another one does. */
    tell(value: T): void {
      for (const listener of listeners) {
        try {
          listener(value)
        } catch (error) {
          log.error({ err: error }, 'a listener of the identity part failed')
        }
      }
    },
    clear: () => listeners.clear(),
  }
}
