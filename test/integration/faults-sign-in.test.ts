/** Sign-ins that fail and tokens that are not what they should be, against a whole gateway: nobody gets in, and the person learns why. */
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import type { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { demoAccounts } from '../../demo/identity-provider/accounts.ts'
import { startGateway, type RunningGateway } from '../../src-gateway/main.ts'
import { createSignInKey } from '../../src-main/services/identity/sign-in-key.ts'
import type { Clock } from '../../src-node/clock.ts'
import { readConfigFile } from '../../src-node/config-file.ts'
import { dialWebSocket } from '../../src-node/dial-web-socket.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'
import { desktopTunnelPath } from '../../src-protocol/http-api.ts'
import type { Session } from '../../src-protocol/model.ts'
import type { ScriptedAgent } from '../fakes/scripted-agent.ts'
import { gatehouse, killProgram, startProgram, type Program } from '../fixtures/program.ts'
import {
  clientSecret,
  exchange,
  openEcho,
  prepareGateway,
  registerEcho,
  signInAs,
  startIdentityProviderProcess,
  toolCall,
  until,
  type Folders,
  type SignedInPerson,
} from './gateway-harness.ts'
import { signInByFetch, type SignInByFetch } from './sign-in-by-fetch.ts'
import { signInStepByStep } from './sign-in-step-by-step.ts'

/** the clock of the gateway, and of keys that are made with it */
const clock: Clock & { ahead: number; frozenAt?: number } = {
  ahead: 0,
  now: () => new Date((clock.frozenAt ?? Date.now()) + clock.ahead),
}

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let folders: Folders
let gateway: RunningGateway
let admin: SignedInPerson
let agent: ScriptedAgent

beforeAll(async () => {
  folders = await prepareGateway('http://127.0.0.1:1')
  const config = join(folders.root, 'provider.yaml')
  const colleague = { user: 'colleague', name: 'Tomas Berg', email: 'tomas.berg@example.com', groups: ['operators'] }
  const accounts = [...demoAccounts, colleague]
  const gatewayRedirect = 'http://127.0.0.1/sign-in/callback'
  writeFileSync(config, JSON.stringify({ port: 0, gatewayRedirect, clientSecret: 'env:DEMO_CLIENT_SECRET', accounts }))
  provider = await startIdentityProviderProcess({ config })
  const prepared = readConfigFile(folders.config, gatewayConfig)
  gateway = await startGateway({
    config: { ...prepared, identityProvider: { ...prepared.identityProvider, issuer: provider.issuer } },
    folder: folders.root,
    env: { CLIENT_SECRET: clientSecret },
    log: pino({ level: 'silent' }),
    clock,
  })
  admin = await signInAs(folders.url, 'admin')
  ;({ agent } = await registerEcho(folders.url, admin))
})
afterEach(() => {
  clock.ahead = 0
  delete clock.frozenAt
})
afterAll(async () => {
  admin.leave()
  await gateway.close()
  await provider.stop()
  await rm(folders.root, { recursive: true, force: true })
})

describe('gatehouse connect, when the sign-in comes to nothing', () => {
  let program: Program | undefined
  afterEach(() => killProgram(program))

  async function connect(person: SignInByFetch) {
    const options = ['connect', 'echo', '--gateway', folders.url, '--reason', 'a test']
    program = startProgram(gatehouse, options, { HOME: folders.root })
    const [, address = ''] = await program.said(/^Sign in here: (.+)$/)
    return { program, page: await signInByFetch(address, person) }
  }
  const changed = (parameter: string, at: (url: URL) => boolean) => (url: URL) => {
    if (at(url)) url.searchParams.set(parameter, 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    return url
  }
  const atLoopback = (url: URL) => url.pathname === '/callback' && url.origin !== folders.url
  const atGateway = (url: URL) => url.pathname === '/oidc/auth'

  test.for<[string, SignInByFetch, string]>([
    ['cancelled at the identity provider', { username: 'operator', cancel: true }, 'SIGN_IN_CANCELLED'],
    ['another state', { username: 'operator', intercept: changed('state', atLoopback) }, 'SIGN_IN_RESPONSE_INVALID'],
    ['another issuer', { username: 'operator', intercept: changed('iss', atLoopback) }, 'SIGN_IN_RESPONSE_INVALID'],
    ['another nonce', { username: 'operator', intercept: changed('nonce', atGateway) }, 'SIGN_IN_RESPONSE_INVALID'],
    ['an unknown code', { username: 'operator', intercept: changed('code', atLoopback) }, 'SIGN_IN_REFUSED'],
    ['an account without the role', { username: 'auditor' }, 'FORBIDDEN'],
  ])('%s: one line with the code, no session', async ([, person, code]) => {
    const before = (await admin.api.call('sessions')).sessions.length
    const { program } = await connect(person)
    expect(await program.exited).toBe(2)
    expect(program.output).toEqual([])
    const said = program.errors.filter((line) => !line.startsWith('Sign in here') && !line.startsWith('Signed in as'))
    expect(said).toEqual([expect.stringMatching(new RegExp(`^${code}: .+ — .+`))])
    expect((await admin.api.call('sessions')).sessions).toHaveLength(before)
  })

  test('a wrong password: the page says so, and the program goes on waiting until it is interrupted', async () => {
    const { program, page } = await connect({ username: 'operator', password: 'admin-demo' })
    expect(page).toMatchObject({ status: 401, body: expect.stringContaining('User name or password is wrong') as string })
    expect(program.child.exitCode).toBeNull()
    program.child.kill('SIGINT')
    expect(await program.exited).toBe(130)
    expect(program.output).toEqual([])
    expect(program.errors.join('\n')).not.toContain('Signed in as')
  })
})

type StepByStep = Awaited<ReturnType<typeof signInStepByStep>>
interface Attempt {
  accessToken: string
  dpop: string
}

/** both ways in, with the address that a proof has to name */
const ways = {
  'an HTTP request': {
    url: () => new URL('/api/v1/me', folders.url),
    async try({ accessToken, dpop }: Attempt) {
      const response = await fetch(`${folders.url}/api/v1/me`, { headers: { authorization: `DPoP ${accessToken}`, dpop } })
      return { status: response.status, code: ((await response.json()) as { error?: { code: string } }).error?.code }
    },
  },
  'a WebSocket': {
    url: () => new URL(desktopTunnelPath, folders.url),
    async try({ accessToken, dpop }: Attempt) {
      const dialled = await dial({ accessToken, dpop })
      if (dialled.ok) dialled.value.terminate()
      if (!dialled.ok && dialled.reason === 'unreachable') throw new Error('there was no answer', { cause: dialled.cause })
      return dialled.ok ? { status: 200, code: undefined } : { status: dialled.status, code: dialled.error?.code }
    },
  },
}

const dial = ({ accessToken, dpop }: Attempt) =>
  dialWebSocket({ url: folders.url + desktopTunnelPath, headers: { authorization: `DPoP ${accessToken}`, dpop } }, (socket: WebSocket) => {
    socket.on('error', () => {})
    return socket
  })

describe.for(Object.entries(ways))('%s', ([, way]) => {
  const signIn = () => signInStepByStep(folders.url, { username: 'operator' })
  /** by the same key on a computer whose clock goes like the gateway’s */
  const prove = async ({ key, tokens }: StepByStep, url = way.url()): Promise<Attempt> => {
    const { accessToken } = tokens
    const same = await createSignInKey(clock, key.pair)
    return { accessToken, dpop: await same.prove({ method: 'GET', url, accessToken }) }
  }

  test('with a token and a fresh proof of its key gets in', async () => {
    expect(await way.try(await prove(await signIn()))).toEqual({ status: 200, code: undefined })
  })
  test('with an expired token is refused, a moment before it is not', async () => {
    const signedIn = await signIn()
    clock.ahead = 290_000
    expect(await way.try(await prove(signedIn))).toMatchObject({ status: 200 })
    clock.ahead = 301_000
    expect(await way.try(await prove(signedIn))).toEqual({ status: 401, code: 'TOKEN_EXPIRED' })
  })
  test('with a proof that was used before is refused', async () => {
    const attempt = await prove(await signIn())
    expect(await way.try(attempt)).toMatchObject({ status: 200 })
    expect(await way.try(attempt)).toEqual({ status: 401, code: 'PROOF_REPLAYED' })
  })
  test('with the token of another key is refused', async () => {
    const [mine, stolen] = [await signIn(), await signIn()]
    const attempt = await prove({ ...mine, tokens: stolen.tokens })
    expect(await way.try(attempt)).toEqual({ status: 401, code: 'PROOF_INVALID' })
    expect(await way.try(await prove(stolen))).toMatchObject({ status: 200 })
  })
  test('with a proof for another address is refused', async () => {
    const attempt = await prove(await signIn(), new URL('/api/v1/sessions', folders.url))
    expect(await way.try(attempt)).toEqual({ status: 401, code: 'PROOF_INVALID' })
  })
})

test('a WebSocket whose token is not renewed is closed when it ends, and takes its session with it', async () => {
  const signedIn = await signInStepByStep(folders.url, { username: 'operator' })
  const key = await createSignInKey(clock, signedIn.key.pair)
  const { accessToken } = signedIn.tokens
  // eight seconds before the end; the gateway’s clock stands still, so that a slow machine does not run into it
  clock.frozenAt = Date.now()
  clock.ahead = 292_000
  const dialled = await dial({ accessToken, dpop: await key.prove({ method: 'GET', url: ways['a WebSocket'].url(), accessToken }) })
  if (!dialled.ok) throw new Error('the WebSocket was refused')
  const closed = new Promise<string>((resolve) => dialled.value.once('close', (_code, reason: Buffer) => resolve(reason.toString())))
  const url = new URL('/api/v1/sessions', folders.url)
  const dpop = await key.prove({ method: 'POST', url, accessToken })
  const headers = { authorization: `DPoP ${accessToken}`, dpop, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: '{"connection":"echo","reason":"a test","minutes":5}' })
  expect(response.status).toBe(200)
  const session = (await response.json()) as Session
  expect(await closed).toBe('the access token has expired')
  clock.ahead = 0
  delete clock.frozenAt
  const ended = async () => (await admin.api.call('session', { id: session.id })).session.endReason
  await until(async () => (await ended()) === 'desktop-disconnected', 'the session ends')
})

describe('another person’s session', () => {
  test('is not listed, shown, used or ended; its owner goes on', async () => {
    const operator = await signInAs(folders.url, 'operator')
    const colleague = await signInAs(folders.url, 'colleague')
    const session = await openEcho(operator)
    const received = agent.received.length
    const unknown = { code: 'SESSION_UNKNOWN' }
    expect((await colleague.api.call('sessions')).sessions.filter(({ id }) => id === session.id)).toEqual([])
    await expect(colleague.api.call('session', { id: session.id })).rejects.toMatchObject(unknown)
    await expect(colleague.api.call('endSession', { id: session.id })).rejects.toMatchObject(unknown)
    const answer = await exchange(colleague, session.id, toolCall('echo', { text: 'not mine' })).done
    expect(answer.aborted).toMatchObject(unknown)
    expect(answer.messages).toEqual([])
    expect(agent.received).toHaveLength(received)
    expect(colleague.pushes.filter((push) => JSON.stringify(push).includes(session.id))).toEqual([])

    const own = await exchange(operator, session.id, toolCall('echo', { text: 'mine' })).done
    expect(own.messages[0]).toContain('mine')
    await operator.api.call('endSession', { id: session.id })
    operator.leave()
    colleague.leave()
  })
})
