import { z } from 'zod'
import { AppError } from '../../src-protocol/app-error.ts'
import { httpApi, type HttpApi, type HttpInput, type HttpOutput } from '../../src-protocol/http-api.ts'
import { serializedError } from '../../src-protocol/tunnel.ts'
import type { DesktopIdentity } from './identity.ts'

export interface GatewayApi {
  /**
   * One request of the gateway's API, typed by `httpApi`.
   * @throws AppError GATEWAY_UNREACHABLE, SIGN_IN_REQUIRED, or what the gateway answered
   */
  call<K extends keyof HttpApi>(name: K, ...input: object extends HttpInput<K> ? [HttpInput<K>?] : [HttpInput<K>]): Promise<HttpOutput<K>>
}

export interface GatewayApiOptions {
  baseUrl: string
  identity: Pick<DesktopIdentity, 'authorize' | 'recheck'>
  fetch?: typeof fetch
  /** told after each attempt */
  onReachable?: (reachable: boolean) => void
  timeoutMs?: number
}

/** a recording may have to be read from disk and sent whole */
const defaultTimeoutMs = 60_000
/** what a proxy answers for a gateway that is not there */
const proxyStatuses = new Set([502, 503, 504])

export function gatewayApi(options: GatewayApiOptions): GatewayApi {
  const { identity, onReachable = () => {} } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const request = options.fetch ?? fetch

  function unreachable(cause?: unknown): AppError {
    onReachable(false)
    return new AppError('GATEWAY_UNREACHABLE', { gateway: baseUrl }, { cause })
  }

  async function send(name: keyof HttpApi, input: Record<string, unknown>): Promise<unknown> {
    const route = httpApi[name]
    const { path, rest } = fillPath(route.path, input)
    const url = baseUrl + path
    const headers: Record<string, string> = { accept: 'application/json' }
    if (!('public' in route)) {
      const { authorization, dpop } = await identity.authorize(route.method, url)
      Object.assign(headers, { authorization, dpop })
    }
    const sendsBody = route.method === 'POST' || (route.method === 'DELETE' && Object.values(rest).some((value) => value !== undefined))
    const body = sendsBody ? JSON.stringify(rest) : undefined
    if (body !== undefined) headers['content-type'] = 'application/json'
    const query = route.method === 'GET' ? queryOf(rest) : ''
    let response: Response
    let text: string
    try {
      const signal = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs)
      response = await request(url + query, { method: route.method, headers, body, signal, redirect: 'error' })
      text = await response.text()
    } catch (cause) {
      throw unreachable(cause)
    }
    const answer = parseJson(text)
    if (response.ok) {
      onReachable(true)
      return answer
    }
    const refused = z.object({ error: serializedError }).safeParse(answer)
    if (!refused.success && proxyStatuses.has(response.status)) throw unreachable()
    onReachable(true)
    const error = refused.success
      ? AppError.from(refused.data.error)
      : new AppError('INTERNAL', { where: 'the gateway', reference: `HTTP ${response.status}` })
    // only the gateway knows that a sign-in was ended or an account was locked
    if (response.status === 401 && !('public' in route)) void identity.recheck()
    throw error
  }

  return {
    async call(name, ...[input]) {
      const answer = await send(name, { ...input })
      const checked = httpApi[name].output.safeParse(answer)
      if (!checked.success)
        throw new AppError('INTERNAL', { where: 'the gateway', reference: `answer to ${name}` }, { cause: checked.error })
      return checked.data as HttpOutput<typeof name>
    },
  }
}

/** Puts `:name` parts in their place; what is left is the body or the query. */
function fillPath(template: string, input: Record<string, unknown>): { path: string; rest: Record<string, unknown> } {
  const rest = { ...input }
  const path = template.replace(/:(\w+)/g, (_, name: string) => {
    const value = rest[name]
    delete rest[name]
    return encodeURIComponent(String(value))
  })
  return { path, rest }
}

function queryOf(values: Record<string, unknown>): string {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return entries.length === 0
    ? ''
    : `?${new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)])).toString()}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
