import type { JsonWebKey } from 'node:crypto'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopState } from '../../src-protocol/desktop-api.ts'
import type { ErrorCode } from '../../src-protocol/errors.ts'
import type { Person } from '../../src-protocol/model.ts'
import type { Clock } from '../../src-node/clock.ts'
import {
  openGatewayProvider,
  translateSignInError,
  type GatewayProvider,
  type StepUpRequest,
  type Tokens,
} from './identity/gateway-provider.ts'
import { openLoopbackListener, type LoopbackListener } from './identity/loopback-listener.ts'
import { createSignInKey, type SignInKey } from './identity/sign-in-key.ts'

export type SignInState = DesktopState['signIn']

/** Who uses this desktop, and the proof of it towards the gateway. Tokens and key are held in memory only. */
export interface DesktopIdentity {
  /**
   * Opens the system browser and waits for its answer. While one is waiting, gives that one's result.
   * @throws AppError SIGN_IN_CANCELLED, SIGN_IN_TIMED_OUT, SIGN_IN_REFUSED, SIGN_IN_RESPONSE_INVALID,
   * IDENTITY_PROVIDER_UNREACHABLE, GATEWAY_UNREACHABLE
   */
  signIn(): Promise<Person>
  /**
   * Signs the same person in anew in the system browser, for one vote.
   * @returns an ID token for the gateway, good for this request with this sign-in's key
   * @throws AppError SIGN_IN_REQUIRED, STEP_UP_INVALID, and those of `signIn`
   */
  stepUp(request: StepUpRequest): Promise<string>
  /** Ends a waiting sign-in; does nothing otherwise. */
  cancel(): void
  /** Forgets everything at once and revokes it at the gateway, as far as that can be reached. */
  signOut(): Promise<void>
  readonly state: SignInState
  onChange(listener: (state: SignInState) => void): () => void
  /**
   * Headers for one request to the gateway: `Authorization: <authorization>`, `DPoP: <dpop>`. A proof is good for one use.
   * @throws AppError SIGN_IN_REQUIRED, GATEWAY_UNREACHABLE, INVALID_REQUEST (not the gateway's address)
   */
  authorize(method: string, url: string): Promise<{ authorization: string; dpop: string; accessToken: string }>
  /** Signs with the key of this sign-in (ES256, IEEE P1363, base64url). @throws AppError SIGN_IN_REQUIRED */
  sign(text: string): Promise<{ signature: string; key: JsonWebKey }>
  /** Asks the gateway whether the sign-in still stands: after it refused a token. Ends in `signed-out` if not. */
  recheck(): Promise<void>
  /** Stops the renewal. Nothing is revoked. */
  close(): void
}

export interface DesktopIdentityOptions {
  gatewayUrl: string
  openBrowser: (url: string) => Promise<void>
  clock: Clock
  fetch?: typeof fetch
  /** how long the browser may take; default 300 */
  timeoutSeconds?: number
  /** runs the callback later; returns its cancellation */
  schedule?: (callback: () => void, milliseconds: number) => () => void
}

interface SignedIn {
  key: SignInKey
  provider: GatewayProvider
  tokens: Tokens
}

/** renewed this long before the end, so that a slow request does not meet an expired token */
const renewBeforeMilliseconds = 60_000
/** with less than this left, a request waits for the renewal */
const tooShortMilliseconds = 5_000
const retryMilliseconds = 10_000
const revokeMilliseconds = 5_000
/** failures of a renewal that say nothing about the sign-in */
const passing: ReadonlySet<ErrorCode> = new Set(['GATEWAY_UNREACHABLE', 'INTERNAL'])

export function createIdentity(options: DesktopIdentityOptions): DesktopIdentity {
  const { openBrowser, clock, timeoutSeconds = 300, schedule = scheduleByTimer } = options
  const gatewayUrl = new URL(options.gatewayUrl)
  const listeners = new Set<(state: SignInState) => void>()
  let state: SignInState = { state: 'signed-out' }
  let current: SignedIn | undefined
  let waiting: { done: Promise<Person>; abort: AbortController } | undefined
  let stepping: { abort: AbortController; url?: string } | undefined
  let renewal: Promise<void> | undefined
  let cancelTimer = () => {}

  const change = (next: SignInState) => {
    state = next
    for (const listener of listeners) listener(next)
  }
  const forget = (error?: AppError) => {
    cancelTimer()
    current = undefined
    change(
      error ? { state: 'signed-out', error: { code: error.code, message: error.message, remedy: error.remedy } } : { state: 'signed-out' },
    )
  }
  const hold = (signedIn: SignedIn) => {
    current = signedIn
    const { person, expiresAt } = signedIn.tokens
    cancelTimer()
    cancelTimer = renewLater(expiresAt.getTime() - clock.now().getTime())
    tellSignedIn(person, expiresAt)
  }
  /** While a fresh sign-in is awaited, the window shows so, and the address if the browser does not open. */
  const tellSignedIn = (person: Person, expiresAt: Date) =>
    change({
      state: 'signed-in',
      person,
      expiresAt: expiresAt.toISOString(),
      ...(stepping?.url !== undefined && { stepUp: { url: stepping.url } }),
    })
  /** At 60 seconds before the end, or halfway when the whole life is short. */
  const renewLater = (left: number) => schedule(() => void renewQuietly(), Math.max(0, Math.max(left - renewBeforeMilliseconds, left / 2)))
  const renewQuietly = async () => {
    try {
      await renew()
    } catch {
      // unreachable: the token may still be good for a while, and the network may come back
      if (current) cancelTimer = schedule(() => void renewQuietly(), retryMilliseconds)
    }
  }

  /** One at a time: a refresh token used twice ends the sign-in (reuse detection). */
  const renew = (): Promise<void> => {
    renewal ??= (async () => {
      const held = current
      if (!held) throw new AppError('SIGN_IN_REQUIRED')
      try {
        const tokens = await held.provider.renew(held.tokens.refreshToken)
        if (current === held) hold({ ...held, tokens })
        else await revokeQuietly(held.provider, tokens.refreshToken)
      } catch (error) {
        const known = translateSignInError(error, gatewayUrl)
        if (!passing.has(known.code) && current === held) forget(known)
        throw known
      }
    })().finally(() => {
      renewal = undefined
    })
    return renewal
  }

  const signInOnce = async (abort: AbortController): Promise<Person> => {
    const key = await createSignInKey(clock)
    const provider = await openGatewayProvider({ gatewayUrl, key, clock, fetch: options.fetch })
    const listener = await openLoopbackListener({ timeoutSeconds })
    try {
      const request = await provider.begin(listener.redirectUri)
      abort.signal.throwIfAborted()
      abort.signal.addEventListener('abort', () => listener.close(new AppError('SIGN_IN_CANCELLED')))
      change({ state: 'waiting', url: request.url.href })
      // a browser that does not open is no failure: the window shows the address
      void openBrowser(request.url.href).catch(() => undefined)
      return await conclude(
        listener,
        (answer) => provider.redeem(answer, request),
        (tokens) => {
          abort.signal.throwIfAborted()
          hold({ key, provider, tokens })
        },
      )
    } finally {
      listener.close()
    }
  }

  const stepUpOnce = async (
    { provider, tokens }: SignedIn,
    request: StepUpRequest,
    step: NonNullable<typeof stepping>,
  ): Promise<string> => {
    const { signal } = step.abort
    const listener = await openLoopbackListener({ timeoutSeconds })
    try {
      const begun = await provider.beginStepUp(listener.redirectUri, request)
      signal.throwIfAborted()
      signal.addEventListener('abort', () => listener.close(new AppError('SIGN_IN_CANCELLED')))
      step.url = begun.url.href
      if (current) tellSignedIn(current.tokens.person, current.tokens.expiresAt)
      void openBrowser(begun.url.href).catch(() => undefined)
      const answer = await listener.answer
      try {
        const idToken = await provider.redeemStepUp(answer.url, begun, tokens.person.sub)
        signal.throwIfAborted()
        answer.respond({ name: tokens.person.name, done: 'Your decision is on its way.' })
        return idToken
      } catch (error) {
        answer.respond(error instanceof AppError ? error : new AppError('SIGN_IN_CANCELLED'))
        throw error
      }
    } finally {
      listener.close()
    }
  }

  return {
    get state() {
      return state
    },
    signIn() {
      if (waiting) return waiting.done
      const abort = new AbortController()
      const done = (async () => {
        if (current) await this.signOut()
        try {
          return await signInOnce(abort)
        } catch (error) {
          const known = abort.signal.aborted ? new AppError('SIGN_IN_CANCELLED') : translateSignInError(error, gatewayUrl)
          forget(known.code === 'SIGN_IN_CANCELLED' ? undefined : known)
          throw known
        } finally {
          waiting = undefined
        }
      })()
      waiting = { done, abort }
      return done
    },
    async stepUp(request) {
      const held = current
      if (!held) throw new AppError('SIGN_IN_REQUIRED')
      stepping?.abort.abort()
      const step = { abort: new AbortController() }
      stepping = step
      try {
        return await stepUpOnce(held, request, step)
      } catch (error) {
        throw step.abort.signal.aborted ? new AppError('SIGN_IN_CANCELLED') : translateSignInError(error, gatewayUrl)
      } finally {
        if (stepping === step) {
          stepping = undefined
          if (current) tellSignedIn(current.tokens.person, current.tokens.expiresAt)
        }
      }
    },
    cancel() {
      waiting?.abort.abort()
      stepping?.abort.abort()
    },
    async signOut() {
      const held = current
      if (!held) return
      const running = renewal
      forget()
      // a renewal under way revokes what it gets by itself, since it finds that nobody is signed in
      const renewed = await running?.then(
        () => true,
        () => false,
      )
      if (!renewed) await revokeQuietly(held.provider, held.tokens.refreshToken)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async authorize(method, url) {
      const target = new URL(url)
      if (target.origin !== gatewayUrl.origin) throw new AppError('INVALID_REQUEST', { problem: 'tokens are sent to the gateway only' })
      if (current && current.tokens.expiresAt.getTime() - clock.now().getTime() < tooShortMilliseconds) await renew()
      if (!current) throw new AppError('SIGN_IN_REQUIRED')
      const { key, tokens } = current
      const dpop = await key.prove({ method, url: target, accessToken: tokens.accessToken })
      return { authorization: `DPoP ${tokens.accessToken}`, dpop, accessToken: tokens.accessToken }
    },
    async sign(text) {
      if (!current) throw new AppError('SIGN_IN_REQUIRED')
      const { key } = current
      return { signature: await key.sign(text), key: { ...key.publicKey } }
    },
    async recheck() {
      if (current) await renew().catch(() => undefined)
    },
    close() {
      cancelTimer()
      waiting?.abort.abort()
      stepping?.abort.abort()
      listeners.clear()
    },
  }
}

/** Waits for the browser, gets the tokens, and only then tells the browser how it went. */
async function conclude(
  listener: LoopbackListener,
  redeem: (answer: URL) => Promise<Tokens>,
  accept: (tokens: Tokens) => void,
): Promise<Person> {
  const answer = await listener.answer
  try {
    const tokens = await redeem(answer.url)
    accept(tokens)
    answer.respond({ name: tokens.person.name })
    return tokens.person
  } catch (error) {
    answer.respond(error instanceof AppError ? error : new AppError('SIGN_IN_CANCELLED'))
    throw error
  }
}

async function revokeQuietly(provider: GatewayProvider, refreshToken: string): Promise<void> {
  const { promise: tooLong, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, revokeMilliseconds)
  // unreachable: without the key, which is gone, the tokens are worth nothing and run out by themselves
  await Promise.race([provider.revoke(refreshToken).catch(() => undefined), tooLong])
  clearTimeout(timer)
}

function scheduleByTimer(callback: () => void, milliseconds: number): () => void {
  const timer = setTimeout(callback, Math.min(milliseconds, 2 ** 31 - 1))
  timer.unref()
  return () => clearTimeout(timer)
}
