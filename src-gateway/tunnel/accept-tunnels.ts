import type { Server } from 'node:http'
import type { WebSocketServer } from 'ws'
import type { Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import { agentTunnelPath, desktopTunnelPath } from '../../src-protocol/http-api.ts'
import { linkHeader } from '../../src-protocol/link-header.ts'
import type { AgentRegistry } from '../agents/agent-registry.ts'
import { createAgentAuthentication } from '../agents/agent-token.ts'
import type { AgentsOnline } from '../agents/agents-online.ts'
import type { Identity } from '../identity/identity.ts'
import { serveUpgrades } from '../routes/upgrades.ts'
import type { Desktops } from './desktops.ts'
import { createLinkAcceptor } from './link-acceptor.ts'

/** Who may open a tunnel: a desktop with its sign-in, an agent with its key. Either begins a link, or goes on with the one that it lost. */
export function acceptTunnels(ports: {
  server: Server
  publicUrl: string
  graceSeconds: number
  identity: Identity
  desktops: Desktops
  agents: AgentRegistry
  agentsOnline: AgentsOnline
  clock: Clock
  logger: Logger
}): WebSocketServer {
  const { server, publicUrl, graceSeconds, identity, desktops, agents, agentsOnline, clock, logger } = ports
  const authenticateAgent = createAgentAuthentication({
    audience: publicUrl + agentTunnelPath,
    publicKey: (id) => agents.publicKey(id),
    clock,
  })
  const desktopLinks = createLinkAcceptor(graceSeconds)
  const agentLinks = createLinkAcceptor(graceSeconds)
  return serveUpgrades(
    server,
    {
      async desktop({ headers }) {
        const signedIn = await identity.authenticate({ method: 'GET', url: publicUrl + desktopTunnelPath, headers })
        const { headers: answered, resume, start } = desktopLinks.accept(signedIn.signInId, headers[linkHeader])
        return {
          headers: answered,
          onOpen(webSocket) {
            if (!resume) return desktops.connected(start(webSocket), signedIn)
            desktops.authenticatedAgain(signedIn)
            return resume(webSocket)
          },
        }
      },
      async agent({ headers }) {
        const id = await authenticateAgent(headers.authorization)
        const agent = await agents.find(id)
        const { headers: answered, resume, start } = agentLinks.accept(id, headers[linkHeader])
        const open = resume ?? ((webSocket) => agentsOnline.connected(start(webSocket), { id, name: agent?.name ?? id }))
        return { headers: answered, onOpen: open }
      },
    },
    logger,
  )
}
