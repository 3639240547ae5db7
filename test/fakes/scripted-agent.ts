import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { checkRequestFrame } from '../../src-node/checked-frame.ts'
import { dialWebSocket } from '../../src-node/dial-web-socket.ts'
import { openFrameSocket, type FrameSocket } from '../../src-node/frame-socket.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { agentTunnelPath } from '../../src-protocol/http-api.ts'
import { linkHeader, readLinkAnswer } from '../../src-protocol/link-header.ts'
import { agentCommand, frameType, type AgentCommand, type AgentControl, type OpenHead } from '../../src-protocol/tunnel.ts'

/** One exchange as the agent received it, and the means to answer it. */
export interface ReceivedExchange {
  head: OpenHead
  body: Buffer
  text: string
  /** the JSON-RPC message, if it is one */
  message: { id?: string | number; method?: string; params?: { name?: string; arguments?: Record<string, unknown> } }
  aborted: boolean
  answerHead(status: number, headers: Record<string, string>): void
  send(text: string, head?: { id?: string; event?: string }): void
  end(): void
  abort(error?: AppError): void
  /** a whole JSON answer */
  json(body: unknown, status?: number): void
  /** a whole JSON-RPC result for the request */
  result(result: unknown): void
}

export interface ScriptedAgent {
  readonly id: string
  readonly received: ReceivedExchange[]
  readonly commands: AgentCommand[]
  /** answers exchanges; by default every tools/call echoes its arguments as text */
  script: (exchange: ReceivedExchange) => void
  /** answers session.start; by default it starts */
  onStart: (command: Extract<AgentCommand, { type: 'session.start' }>, socket: FrameSocket<AgentControl>) => void
  readonly socket: FrameSocket<AgentControl>
  drop(): void
}

export interface AgentIdentity {
  id: string
  privateKey: KeyObject
}

/** Enrols as an agent does, with a key of its own. */
export async function enrolScriptedAgent(gatewayUrl: string, joinToken: string): Promise<AgentIdentity> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const response = await fetch(`${gatewayUrl}/agent/v1/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ joinToken, publicKey: publicKey.export({ format: 'jwk' }) }),
  })
  const body = (await response.json()) as { agent?: string; error?: { code: string } }
  if (!body.agent) throw new Error(`the enrolment was refused: ${body.error?.code ?? response.status}`)
  return { id: body.agent, privateKey }
}

export interface TokenChoices {
  subject?: string
  audience?: string
  seconds?: number
  jti?: string
}

export function agentToken(gatewayUrl: string, agent: AgentIdentity, choices: TokenChoices = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA' })
    .setSubject(choices.subject ?? agent.id)
    .setAudience(choices.audience ?? gatewayUrl + agentTunnelPath)
    .setJti(choices.jti ?? randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + (choices.seconds ?? 60))
    .sign(agent.privateKey)
}

/** An agent that answers what a test tells it to: real WebSocket and frames, no MCP server. */
export async function connectScriptedAgent(
  gatewayUrl: string,
  agent: AgentIdentity,
  servers = [{ name: 'echo', title: 'Echo', transport: 'stdio' as const }],
  /** whose servers it says still run */
  sessions: SessionId[] = [],
  /** `through`: another address of the gateway, on which it is dialled and asked for a link */
  { through }: { through?: string } = {},
): Promise<ScriptedAgent> {
  const received: ReceivedExchange[] = []
  const commands: AgentCommand[] = []
  const open = new Map<number, ReceivedExchange>()
  const authorization = `GatehouseAgent ${await agentToken(gatewayUrl, agent)}`
  const headers = { authorization, ...(through !== undefined && { [linkHeader]: 'new' }) }
  const dialled = await dialWebSocket({ url: (through ?? gatewayUrl) + agentTunnelPath, headers }, (webSocket, answered) => {
    const link = readLinkAnswer(String(answered[linkHeader]))
    const socket: FrameSocket<AgentControl> = openFrameSocket(webSocket, {
      link: link && { id: link.id, graceMs: link.grace * 1000 },
      check: checkRequestFrame,
      control: agentCommand,
      onFrame(frame) {
        if (frame.type === frameType.abort) {
          const exchange = open.get(frame.exchange)
          if (exchange) exchange.aborted = true
          return
        }
        const exchange = receive(socket, frame.exchange, frame.head, Buffer.from(frame.body))
        open.set(frame.exchange, exchange)
        received.push(exchange)
        scripted.script(exchange)
      },
      onControl(command) {
        commands.push(command)
        if (command.type === 'session.start') scripted.onStart(command, socket)
      },
      onClose() {},
    })
    const scripted: ScriptedAgent = {
      id: agent.id,
      received,
      commands,
      socket,
      script: echo,
      onStart: ({ session }, on) => on.sendControl({ type: 'session.started', session }),
      drop: () => socket.terminate(),
    }
    socket.sendControl({ type: 'hello', version: '0.0.0-test', servers, sessions })
    return scripted
  })
  if (!dialled.ok) throw new Error(`the agent could not connect: ${dialled.reason}`)
  return dialled.value
}

const listed = (name: string) => ({ name, description: 'Says it again', inputSchema: { type: 'object' } })

export function echo(exchange: ReceivedExchange): void {
  const { message, head } = exchange
  if (head.method !== 'POST') return exchange.json(undefined, 200)
  if (message.id === undefined || message.method === undefined) {
    exchange.answerHead(202, {})
    return exchange.end()
  }
  if (message.method === 'tools/list') return exchange.result({ tools: ['echo', 'risky', 'hasty'].map(listed) })
  return exchange.result({ content: [{ type: 'text', text: JSON.stringify(message.params?.arguments ?? {}) }] })
}

function receive(socket: FrameSocket<AgentControl>, number: number, head: OpenHead, body: Buffer): ReceivedExchange {
  const text = body.toString('utf8')
  const exchange: ReceivedExchange = {
    head,
    body,
    text,
    message: parse(text),
    aborted: false,
    answerHead: (status, headers) => socket.sendFrame(frameType.head, number, { status, headers }),
    send: (message, eventHead = {}) => socket.sendFrame(frameType.message, number, eventHead, Buffer.from(message)),
    end: () => socket.sendFrame(frameType.end, number),
    abort: (error) => socket.sendFrame(frameType.abort, number, error ? { error: error.toJSON() } : {}),
    json(answer, status = 200) {
      exchange.answerHead(status, { 'content-type': 'application/json' })
      if (answer !== undefined) exchange.send(JSON.stringify(answer))
      exchange.end()
    },
    result: (result) => exchange.json({ jsonrpc: '2.0', id: exchange.message.id, result }),
  }
  return exchange
}

function parse(text: string): ReceivedExchange['message'] {
  try {
    return JSON.parse(text) as ReceivedExchange['message']
  } catch {
    return {}
  }
}
