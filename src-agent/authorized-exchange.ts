import { AppError } from '../src-protocol/app-error.ts'
import type { OpenHead } from '../src-protocol/tunnel.ts'
import { openHttpExchange, type HttpExchange, type HttpExchangeOptions, type HttpExchangeReceiver } from './http-exchange.ts'

/**
 * An exchange with an access token, if the server is one that wants one: at once where there is one, else as soon as it is there.
 *
 * A request is repeated for one reason only. A 401 with a `Bearer` challenge says that the check of the token refused it (RFC 6750, 3),
 * and a request that is answered with 401 has not been applied (RFC 9110, 15.5.2). So it is sent once more, with a token that was fetched
 * for it. A 401 without that challenge may come from anywhere behind the check: it is told, and only the next request gets a new token.
 */
export function openAuthorizedExchange(
  options: HttpExchangeOptions,
  head: OpenHead,
  body: Uint8Array,
  receiver: HttpExchangeReceiver,
): HttpExchange {
  const { tokens } = options.credential
  if (!tokens) return openHttpExchange(options, head, body, receiver)
  let over = false
  let exchange: HttpExchange | undefined

  function send(token: string, again: boolean) {
    exchange = openHttpExchange({ ...options, token }, head, body, {
      ...receiver,
      unauthorized(challenge) {
        tokens?.refused(token)
        if (again || !isBearerChallenge(challenge)) return false
        exchange = undefined
        void whenObtained(true)
        return true
      },
    })
  }

  async function whenObtained(again: boolean) {
    try {
      const token = await tokens?.obtain()
      if (!over && token !== undefined) send(token, again)
    } catch (error) {
      if (over) return
      over = true
      receiver.failed(error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the agent', reference: 'access token' }))
    }
  }

  const token = tokens.current()
  if (token === undefined) void whenObtained(false)
  else send(token, false)
  return {
    get unsent() {
      return exchange?.unsent ?? (over ? 0 : body.length)
    },
    get streaming() {
      return exchange?.streaming ?? false
    },
    abort() {
      over = true
      exchange?.abort()
    },
  }
}

const isBearerChallenge = (challenge: string | undefined): boolean => /(?:^|[\s,])bearer(?:[\s,]|$)/i.test(challenge ?? '')
