import { AppError } from '../src-protocol/app-error.ts'
import { createBackOff } from '../src-node/back-off.ts'
import type { Clock } from '../src-node/clock.ts'
import type { Logger } from '../src-node/logger.ts'

/** What the authorization server gave; without `seconds` it did not say how long. */
export interface GrantedToken {
  token: string
  seconds: number | undefined
}

/** The access token of one session at one server. It stands in memory only. */
export interface AccessTokens {
  /** one that can be used now; `undefined`: `obtain` gets one */
  current(): string | undefined
  /**
   * One request for all who wait. After a failure the next attempt has to wait a little; until then the failure is told again.
   * @throws AppError SERVER_TOKEN_UNAVAILABLE, SERVER_TOKEN_REFUSED, SERVER_UNAUTHORIZED
   */
  obtain(): Promise<string>
  /** the server does not accept it (any more) */
  refused(token: string): void
  /** who waits is told that there will be none */
  close(): void
}

export interface AccessTokensOptions {
  server: string
  request(signal: AbortSignal): Promise<GrantedToken>
  clock: Clock
  log: Logger
  /** told before anybody uses it */
  onToken(token: string): void
  random?: () => number
}

/** renewed when so much of its life is left: the request for a new one may take its time, and clocks differ */
const renewalShare = 0.2
const longestRenewalMs = 60_000
/** not used any more in the last moments: it would end on its way */
const lastMomentsMs = 2000
/** a token refused so soon was never good: another one would not be either */
const neverGoodMs = 5000

interface Held {
  token: string
  obtainedAt: number
  renewAt: number
  endsAt: number
}

export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { server, clock, log } = options
  const stop = new AbortController()
  const backOff = createBackOff({ first: 1000, most: 60_000, ...(options.random && { random: options.random }) })
  let held: Held | undefined
  let running: Promise<string> | undefined
  let failure: { error: AppError; until: number } | undefined
  const now = () => clock.now().getTime()

  function pauseAfter(error: AppError) {
    failure = { error, until: now() + backOff.next() }
  }

  async function request(): Promise<string> {
    try {
      const { token, seconds } = await options.request(stop.signal)
      options.onToken(token)
      const at = now()
      const life = seconds === undefined ? Infinity : seconds * 1000
      const renewBefore = Math.min(life * renewalShare, longestRenewalMs)
      held = { token, obtainedAt: at, renewAt: at + life - renewBefore, endsAt: at + life - Math.min(lastMomentsMs, life / 2) }
      failure = undefined
      log.info({ server, seconds }, 'access token obtained')
      return token
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (!stop.signal.aborted) log.warn({ server, code: error.code, data: error.data }, 'no access token')
      pauseAfter(error)
      throw error
    } finally {
      running = undefined
    }
  }

  function obtain(): Promise<string> {
    if (running) return running
    if (failure && now() < failure.until) return Promise.reject(failure.error)
    running = request()
    return running
  }

  return {
    current() {
      const at = now()
      if (!held || at >= held.endsAt) return undefined
      // still good: nobody waits for the next one, and one that cannot be had yet does no harm
      if (at >= held.renewAt) obtain().catch(() => {})
      return held.token
    },
    obtain,
    refused(token) {
      if (held?.token !== token) return
      const fresh = now() - held.obtainedAt < neverGoodMs
      held = undefined
      if (fresh) pauseAfter(new AppError('SERVER_UNAUTHORIZED', { server }))
      else backOff.reset()
    },
    close: () => stop.abort(),
  }
}
