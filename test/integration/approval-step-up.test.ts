/** Rules that ask for a fresh sign-in: who approves signs in anew for this very request, and nothing else will do. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { castVote } from '../../src-main/services/desktop/cast-vote.ts'
import { createIdentity, type DesktopIdentity } from '../../src-main/services/identity.ts'
import { gatewayApi, type GatewayApi } from '../../src-main/services/gateway-api.ts'
import { openGatewayProvider } from '../../src-main/services/identity/gateway-provider.ts'
import { openLoopbackListener } from '../../src-main/services/identity/loopback-listener.ts'
import { createSignInKey } from '../../src-main/services/identity/sign-in-key.ts'
import { systemClock } from '../../src-node/clock.ts'
import type { Approval, Session } from '../../src-protocol/model.ts'
import { echo, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  exchange,
  openEcho,
  policyText,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type ClientExchange,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'
import { loggedApproval } from './logged-approval.ts'
import { openBrowserAs, signInByFetch } from './sign-in-by-fetch.ts'
import { signInStepByStep } from './sign-in-step-by-step.ts'

const rules = ['fresh: true', 'soon: { maxAge: 1s }', 'known: { acr: ["urn:gatehouse:demo:password"] }', 'strict: { acr: [second-factor] }']
const policy =
  policyText +
  rules
    .map((rule) => rule.split(/: (.*)/))
    .map(
      ([tool, terms]) => `  - id: ${tool}-reviewed
    match: { connections: ['*'], tools: [${tool}] }
    effect: review
    review: { groups: [dba], stepUp: ${terms} }
    because: This needs somebody who is here now.
`,
    )
    .join('')

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let agent: ScriptedAgent
let session: Session
let reviewer: DesktopIdentity
let api: GatewayApi
/** who sits before the reviewer's browser, and what it was asked to open */
let atBrowser = 'reviewer'
const opened: URL[] = []

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { holdSeconds: 600 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  ;({ agent } = await registerEcho(gateway.url, admin))
  agent.script = echo
  await admin.api.call('activatePolicy', { kind: 'policy', text: policy })
  session = await openEcho(operator)
  const openBrowser = (url: string) => {
    opened.push(new URL(url))
    return openBrowserAs({ username: atBrowser })(url)
  }
  reviewer = createIdentity({ gatewayUrl: gateway.url, clock: systemClock, openBrowser })
  await reviewer.signIn()
  api = gatewayApi({ baseUrl: gateway.url, identity: reviewer })
})
afterAll(async () => {
  for (const person of [admin, operator]) person.leave()
  reviewer.close()
  await gateway.close()
  await provider.stop()
})

async function hold(tool: string): Promise<{ call: ClientExchange; approval: Approval; marker: string }> {
  const marker = randomUUID()
  const call = exchange(operator, session.id, toolCall(tool, { marker }))
  const asked = async () => (await api.call('approvals')).approvals.find(({ argumentsText }) => argumentsText.includes(marker))
  await until(async () => (await asked()) !== undefined, 'approval is asked for')
  return { call, approval: (await asked()) as Approval, marker }
}

/** As the window has it done: the browser opens where the gateway asks for it. */
const vote = ({ id, digest }: Approval, decision: 'approve' | 'deny' = 'approve') =>
  castVote(
    { identity: reviewer, clock: systemClock, send: (request) => api.call('vote', request) },
    { approval: id, decision, reason: 'looked at it', digest },
  )

/** The same with a proof that came from elsewhere. */
const voteWith = (approval: Approval, stepUp: string) =>
  castVote(
    {
      identity: reviewer,
      clock: systemClock,
      send: (request) => api.call('vote', { ...request, stepUp }),
    },
    { approval: approval.id, decision: 'approve', reason: 'looked at it', digest: approval.digest },
  )

const ran = (marker: string): number => agent.received.filter(({ text }) => text.includes(marker)).length

async function expectStillHeld({ call, approval, marker }: Awaited<ReturnType<typeof hold>>): Promise<void> {
  expect((await api.call('approval', { id: approval.id })).state).toBe('pending')
  expect(ran(marker)).toBe(0)
  await operator.api.call('withdraw', { id: approval.id })
  await call.done
}

describe('a fresh sign-in', () => {
  test('is asked for in the browser, counts for this vote, and stands in the log', async () => {
    const held = await hold('fresh')
    const before = opened.length
    const begun = Date.now()
    const approved = await vote(held.approval)
    expect(approved.state).toBe('approved')
    expect(opened.slice(before).map((url) => [url.searchParams.get('max_age'), url.searchParams.get('scope')])).toEqual([['300', 'openid']])
    const [cast] = approved.votes
    expect(cast?.stepUp).toMatchObject({ token: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    expect(Math.abs(Date.parse(cast?.stepUp?.at ?? '') - begun)).toBeLessThan(60_000)
    expect(rpcOf(await held.call.done).result?.content[0]?.text).toContain(held.marker)
    const inLog = (await loggedApproval(gateway, held.approval.id)).flatMap((entry) => (entry.kind === 'approval.vote' ? [entry.vote] : []))
    expect(inLog).toEqual(approved.votes)
    // it changed nothing about who is signed in
    expect(reviewer.state).toMatchObject({ state: 'signed-in' })
    expect(reviewer.state).not.toHaveProperty('stepUp')
    await expect(api.call('me')).resolves.toMatchObject({ person: { sub: 'reviewer' } })
  })

  test('is shown to the window while the browser is awaited, and can be cancelled', async () => {
    const held = await hold('fresh')
    atBrowser = 'nobody'
    const voting = vote(held.approval)
    voting.catch(() => {})
    await until(() => reviewer.state.state === 'signed-in' && reviewer.state.stepUp !== undefined, 'the window shows it')
    reviewer.cancel()
    await expect(voting).rejects.toMatchObject({ code: 'SIGN_IN_CANCELLED' })
    expect(reviewer.state).not.toHaveProperty('stepUp')
    atBrowser = 'reviewer'
    await expectStillHeld(held)
  })

  test('is not asked for to deny', async () => {
    const held = await hold('fresh')
    const before = opened.length
    expect((await vote(held.approval, 'deny')).state).toBe('denied')
    expect(opened).toHaveLength(before)
    await held.call.done
    expect(ran(held.marker)).toBe(0)
  })

  test('is not asked for where no rule asks for one', async () => {
    const held = await hold('risky')
    const before = opened.length
    expect((await vote(held.approval)).state).toBe('approved')
    expect(opened).toHaveLength(before)
    await held.call.done
  })

  test('in the way that the rule names counts', async () => {
    const held = await hold('known')
    const { votes } = await vote(held.approval)
    expect(votes[0]?.stepUp?.acr).toBe('urn:gatehouse:demo:password')
    expect(opened.at(-1)?.searchParams.get('acr_values')).toBe('urn:gatehouse:demo:password')
    await held.call.done
    expect(ran(held.marker)).toBe(1)
  })
})

describe('a vote is refused', () => {
  /** The reviewer's desktop taken apart: a sign-in of now by anybody, for any request, with any key. */
  async function freshToken(request: { approval: string; digest: string; by?: string }): Promise<string> {
    const key = await createSignInKey(systemClock)
    const wanted = await openGatewayProvider({ gatewayUrl: new URL(gateway.url), key, clock: systemClock })
    const listener = await openLoopbackListener({ timeoutSeconds: 30 })
    const by = request.by ?? 'reviewer'
    const begun = await wanted.beginStepUp(listener.redirectUri, { ...request, maxAgeSeconds: 300, acr: '' })
    const browser = signInByFetch(begun.url.href, { username: by })
    const answer = await listener.answer
    const token = await wanted.redeemStepUp(answer.url, begun, by)
    answer.respond({ name: 'test' })
    await browser
    return token
  }

  test('without a fresh sign-in', async () => {
    const held = await hold('fresh')
    const { id, digest } = held.approval
    const identity: DesktopIdentity = { ...reviewer, stepUp: () => Promise.reject(new Error('no browser')) }
    const ports = { identity, clock: systemClock }
    const sent: string[] = []
    const voting = castVote(
      {
        ...ports,
        send: (request) => api.call('vote', request).catch((error: { code: string }) => Promise.reject(sent.push(error.code) && error)),
      },
      { approval: id, decision: 'approve', reason: 'x', digest },
    )
    await expect(voting).rejects.toThrow('no browser')
    expect(sent).toEqual(['STEP_UP_REQUIRED'])
    await expectStillHeld(held)
  })

  test('when somebody else signed in', async () => {
    const held = await hold('fresh')
    atBrowser = 'admin'
    const { id: approval, digest } = held.approval
    // the desktop notices by itself
    await expect(reviewer.stepUp({ approval, digest, maxAgeSeconds: 300, acr: '' })).rejects.toMatchObject({ code: 'STEP_UP_INVALID' })
    await expect(vote(held.approval)).rejects.toMatchObject({ code: 'STEP_UP_INVALID', data: { problem: 'somebody else signed in' } })
    atBrowser = 'reviewer'
    await expectStillHeld(held)
  })

  test('when somebody else signed in, and the desktop does not mind', async () => {
    const held = await hold('fresh')
    const { id: approval, digest } = held.approval
    const { key, provider: own, tokens } = await signInStepByStep(gateway.url, { username: 'reviewer' })
    const listener = await openLoopbackListener({ timeoutSeconds: 30 })
    const begun = await own.beginStepUp(listener.redirectUri, { approval, digest, maxAgeSeconds: 300, acr: '' })
    const browser = signInByFetch(begun.url.href, { username: 'admin' })
    const answer = await listener.answer
    const stepUp = await own.redeemStepUp(answer.url, begun, 'admin')
    answer.respond({ name: 'test' })
    await browser
    const authorize = async (method: string, url: string) => ({
      authorization: `DPoP ${tokens.accessToken}`,
      dpop: await key.prove({ method, url: new URL(url), accessToken: tokens.accessToken }),
      accessToken: tokens.accessToken,
    })
    const careless = gatewayApi({ baseUrl: gateway.url, identity: { authorize, recheck: () => Promise.resolve() } })
    const sign = async (text: string) => ({ signature: await key.sign(text), key: { ...key.publicKey } })
    const identity = { state: reviewer.state, sign, stepUp: () => Promise.resolve(stepUp) }
    const voting = castVote(
      { identity, clock: systemClock, send: (request) => careless.call('vote', request) },
      { approval, decision: 'approve', reason: 'x', digest },
    )
    await expect(voting).rejects.toMatchObject({ code: 'STEP_UP_INVALID', data: { problem: 'somebody else signed in' } })
    await expectStillHeld(held)
  })

  test('when the sign-in was not made in the way that the rule asks for', async () => {
    const held = await hold('strict')
    await expect(vote(held.approval)).rejects.toMatchObject({
      code: 'STEP_UP_INVALID',
      data: { problem: 'it was not made in the way that the rule asks for' },
    })
    await expectStillHeld(held)
  })

  test('when the sign-in is too old by then', async () => {
    const held = await hold('soon')
    const identity: DesktopIdentity = {
      ...reviewer,
      state: reviewer.state,
      async stepUp(request) {
        const token = await reviewer.stepUp(request)
        // longer than the rule allows, and than a clock in whole seconds may be off
        await new Promise((resolve) => setTimeout(resolve, 4000))
        return token
      },
    }
    const { id, digest } = held.approval
    const voting = castVote(
      { identity, clock: systemClock, send: (request) => api.call('vote', request) },
      { approval: id, decision: 'approve', reason: 'x', digest },
    )
    await expect(voting).rejects.toMatchObject({ code: 'STEP_UP_INVALID', data: { problem: 'it is too old' } })
    await expectStillHeld(held)
  })

  test.for([
    ['a token that was changed', changedToken],
    ['a fresh sign-in for another request', () => freshToken({ approval: 'apr_AAAAAAAAAAAAAAAA', digest: 'd'.repeat(64) })],
    ['something that is no token', () => Promise.resolve('nonsense')],
  ] as const)('with %s', async ([, proof]) => {
    const held = await hold('fresh')
    await expect(voteWith(held.approval, await proof())).rejects.toMatchObject({ code: 'STEP_UP_INVALID' })
    await expectStillHeld(held)
  })

  test('with a fresh sign-in for this request that was made with another key, by the same person or by another one', async () => {
    const held = await hold('fresh')
    const { id: approval, digest } = held.approval
    for (const by of ['reviewer', 'admin']) {
      const token = await freshToken({ approval, digest, by })
      await expect(voteWith(held.approval, token)).rejects.toMatchObject({
        code: 'STEP_UP_INVALID',
        data: { problem: 'it was made for something else' },
      })
    }
    await expectStillHeld(held)
  })

  async function changedToken(): Promise<string> {
    const token = await freshToken({ approval: 'apr_AAAAAAAAAAAAAAAA', digest: 'd'.repeat(64) })
    const [head = '', body = '', signature = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object
    return [head, Buffer.from(JSON.stringify({ ...claims, auth_time: 1 })).toString('base64url'), signature].join('.')
  }
})
