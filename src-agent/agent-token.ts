import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { agentTunnelPath } from '../src-protocol/http-api.ts'
import type { Clock } from '../src-node/clock.ts'
import type { AgentKey } from './agent-key.ts'

const lifetimeSeconds = 60

/** The agent's proof of who it is, fresh for each connection: good for one minute, one use and this gateway's tunnel only. */
export function signAgentToken(options: { agent: string; gateway: string; key: AgentKey; clock: Clock }): Promise<string> {
  const now = Math.floor(options.clock.now().getTime() / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(options.agent)
    .setSubject(options.agent)
    .setAudience(options.gateway + agentTunnelPath)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + lifetimeSeconds)
    .sign(options.key.privateKey)
}
