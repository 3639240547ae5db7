import type { Clock } from '../../src-node/clock.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openGatewayProvider, type GatewayProvider, type Tokens } from '../../src-main/services/identity/gateway-provider.ts'
import { openLoopbackListener } from '../../src-main/services/identity/loopback-listener.ts'
import { createSignInKey, type SignInKey } from '../../src-main/services/identity/sign-in-key.ts'
import { signInByFetch, type SignInByFetch } from './sign-in-by-fetch.ts'

/** The desktop's sign-in taken apart, for tests that misuse its tokens. */
export async function signInStepByStep(
  gatewayUrl: string,
  person: SignInByFetch,
  options: { clock?: Clock; fetch?: typeof fetch } = {},
): Promise<{ key: SignInKey; provider: GatewayProvider; tokens: Tokens; code: string }> {
  const clock = options.clock ?? systemClock
  const key = await createSignInKey(clock)
  const provider = await openGatewayProvider({ gatewayUrl: new URL(gatewayUrl), key, clock, fetch: options.fetch })
  const listener = await openLoopbackListener({ timeoutSeconds: 30 })
  const request = await provider.begin(listener.redirectUri)
  const browser = signInByFetch(request.url.href, person)
  const answer = await listener.answer
  try {
    const tokens = await provider.redeem(answer.url, request)
    return { key, provider, tokens, code: answer.url.searchParams.get('code') ?? '' }
  } finally {
    answer.respond({ name: 'test' })
    await browser
  }
}
