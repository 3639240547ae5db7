/** Links at the real gateway: who may go on with one, and what becomes of a call whose desktop or agent lost its connection. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkResponseFrame, type ResponseFrame } from '../../src-node/checked-frame.ts'
import { dialWebSocket } from '../../src-node/dial-web-socket.ts'
import { openFrameSocket, type Closed, type FrameSocket } from '../../src-node/frame-socket.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { agentTunnelPath, desktopTunnelPath } from '../../src-protocol/http-api.ts'
import { linkHeader, readLinkAnswer, type LinkAnswer } from '../../src-protocol/link-header.ts'
import { push } from '../../src-protocol/push.ts'
import { agentControl, frameType, type DesktopControl } from '../../src-protocol/tunnel.ts'
import { agentToken, enrolScriptedAgent, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  openEcho,
  registerEcho,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
/** their tunnels are closed: the tests hold them by hand */
let [first, second]: SignedInPerson[] = []
let agent: ScriptedAgent

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { graceSeconds: 20 })
  admin = await signInAs(gateway.url, 'admin')
  // two sign-ins of one person: even she must not mix them up
  first = await signInAs(gateway.url, 'operator')
  second = await signInAs(gateway.url, 'operator')
  for (const person of [first, second]) person.tunnel.stop(new AppError('TUNNEL_LOST'))
  ;({ agent } = await registerEcho(gateway.url, admin))
})
afterAll(async () => {
  for (const person of [admin, first, second]) person?.leave()
  await gateway.close()
  await provider.stop()
})

interface Dialled {
  answer: LinkAnswer
  socket: FrameSocket<DesktopControl>
  frames: ResponseFrame[]
  closed: Closed[]
  webSocket: Parameters<typeof openFrameSocket>[0]
}

async function dial(path: string, headers: Record<string, string>, offer: string): Promise<Dialled> {
  const dialled = await dialWebSocket({ url: gateway.url + path, headers: { ...headers, [linkHeader]: offer } }, (webSocket, answered) => {
    const answer = readLinkAnswer(String(answered[linkHeader]))
    if (!answer) throw new Error('the gateway gave no link')
    const frames: ResponseFrame[] = []
    const closed: Closed[] = []
    const socket: FrameSocket<DesktopControl> = openFrameSocket(webSocket, {
      link: { id: answer.id, graceMs: 60_000 },
      check: checkResponseFrame,
      control: push.or(agentControl),
      // a frame's body is a view on what was received
      onFrame: (frame) => frames.push('body' in frame ? { ...frame, body: Buffer.from(frame.body) } : frame),
      onControl() {},
      onClose: (end) => closed.push(end),
    })
    return { answer, socket, frames, closed, webSocket }
  })
  if (!dialled.ok) throw new Error(dialled.reason === 'refused' ? `refused: ${dialled.error?.code}` : dialled.reason)
  return dialled.value
}

async function dialAs(person: SignedInPerson | undefined, offer: string): Promise<Dialled> {
  if (!person) throw new Error('nobody is signed in')
  const { authorization, dpop } = await person.identity.authorize('GET', gateway.url + desktopTunnelPath)
  return dial(desktopTunnelPath, { authorization, dpop }, offer)
}

describe('a desktop’s link', () => {
  test('is not resumed by another sign-in, and goes on undisturbed', async () => {
    const own = await dialAs(first, 'new')
    const stolen = await dialAs(second, `${own.answer.id}; received=0`)
    expect(stolen.answer.id).not.toBe(own.answer.id)
    expect(stolen.answer.received).toBe(0)
    const again = await dialAs(first, `${own.answer.id}; received=0`)
    expect(again.answer.id).toBe(own.answer.id)
    for (const { socket } of [stolen, again]) socket.close()
  })

  test('is not resumed without signing in', async () => {
    const own = await dialAs(first, 'new')
    await expect(dial(desktopTunnelPath, {}, `${own.answer.id}; received=0`)).rejects.toThrow('refused: SIGN_IN_REQUIRED')
    expect(own.socket.open).toBe(true)
    own.socket.close()
  })

  test('carries a call over a drop: it runs once, and its answer arrives once', async () => {
    if (!first) throw new Error('nobody is signed in')
    const own = await dialAs(first, 'new')
    const session = await openEcho(first)
    const script = agent.script
    const before = agent.received.length
    agent.script = () => {}
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    own.socket.sendFrame(
      frameType.open,
      1,
      { session: session.id, method: 'POST', headers },
      Buffer.from(toolCall('echo', { text: 'once' })),
    )
    await until(() => agent.received.length > before, 'the call has reached the agent')
    own.webSocket.terminate()
    const call = agent.received.at(-1)
    if (call) script(call)
    agent.script = script
    await until(() => !own.socket.open, 'the connection is lost')
    const { authorization, dpop } = await first.identity.authorize('GET', gateway.url + desktopTunnelPath)
    const offer = `${own.answer.id}; received=${own.socket.received}`
    await dialWebSocket(
      { url: gateway.url + desktopTunnelPath, headers: { authorization, dpop, [linkHeader]: offer } },
      (webSocket, answered) => {
        const answer = readLinkAnswer(String(answered[linkHeader]))
        expect(answer).toMatchObject({ id: own.answer.id })
        own.socket.resume(webSocket, answer?.received ?? -1)
      },
    )
    await until(() => own.frames.some(({ type }) => type === frameType.end), 'the answer arrives')
    const bodies = own.frames.flatMap((frame) => ('body' in frame ? [Buffer.from(frame.body).toString()] : []))
    expect(bodies).toHaveLength(1)
    expect(bodies[0]).toContain('once')
    expect(agent.received).toHaveLength(before + 1)
    expect((await first.api.call('session', { id: session.id })).session.state).toBe('live')
    await first.api.call('endSession', { id: session.id })
    own.socket.close()
  })

  test('ends with its sessions when nobody comes back within the grace time', async () => {
    const hasty = await startTestGateway(provider.issuer, { graceSeconds: 1 })
    const [administrator, person] = [await signInAs(hasty.url, 'admin'), await signInAs(hasty.url, 'operator')]
    await registerEcho(hasty.url, administrator)
    const session = await openEcho(person)
    const url = hasty.url + desktopTunnelPath
    const headers = async (offer: string) => {
      const { authorization, dpop } = await person.identity.authorize('GET', url)
      return { authorization, dpop, [linkHeader]: offer }
    }
    // takes the place of the desktop's own, which would come back
    person.tunnel.stop(new AppError('TUNNEL_LOST'))
    let id = ''
    await dialWebSocket({ url, headers: await headers('new') }, (webSocket, answered) => {
      id = readLinkAnswer(String(answered[linkHeader]))?.id ?? ''
      webSocket.on('error', () => {})
      webSocket.terminate()
    })
    const ended = async () => (await administrator.api.call('session', { id: session.id })).session.endReason
    await until(async () => (await ended()) === 'desktop-disconnected', 'the session ends')
    await dialWebSocket({ url, headers: await headers(`${id}; received=0`) }, (webSocket, answered) => {
      expect(readLinkAnswer(String(answered[linkHeader]))?.id).not.toBe(id)
      webSocket.terminate()
    })
    for (const each of [administrator, person]) each.leave()
    await hasty.close()
  })
})

describe('an agent’s link', () => {
  const authorize = async (identity: AgentIdentity) => ({ authorization: `GatehouseAgent ${await agentToken(gateway.url, identity)}` })

  test('is not resumed by another agent, and goes on undisturbed', async () => {
    const enrol = async (name: string) => enrolScriptedAgent(gateway.url, (await admin.api.call('createJoinToken', { name })).joinToken)
    const [one, other] = [await enrol('one'), await enrol('other')]
    const own = await dial(agentTunnelPath, await authorize(one), 'new')
    const stolen = await dial(agentTunnelPath, await authorize(other), `${own.answer.id}; received=0`)
    expect(stolen.answer.id).not.toBe(own.answer.id)
    const again = await dial(agentTunnelPath, await authorize(one), `${own.answer.id}; received=0`)
    expect(again.answer.id).toBe(own.answer.id)
    for (const { socket } of [stolen, again]) socket.close()
  })
})
