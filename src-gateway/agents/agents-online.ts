import type { Logger } from '../../src-node/logger.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { LinkStart } from '../tunnel/link-acceptor.ts'
import { openAgentLink, type AgentLink } from './agent-link.ts'
import type { AgentRegistry } from './agent-registry.ts'

export interface AgentsOnline {
  link(id: string): AgentLink | undefined
  /** an agent's link was opened and authenticated; one that it already had is closed */
  connected(start: LinkStart, agent: { id: string; name: string }): void
  drop(id: string): void
  close(): void
}

export interface AgentsOnlineEvents {
  registry: Pick<AgentRegistry, 'greeted' | 'seen'>
  onChanged(): void
  /** it can be reached over this connection from now on, and runs the servers of these sessions */
  onHello(agent: { id: string; name: string }, link: AgentLink, sessions: readonly SessionId[]): void
  onLost(agent: { id: string; name: string }): void
  /** @param agent who says so */
  onSessionEnded(session: SessionId, error: AppError, agent: string): void
  log: Logger
}

/** Which agents are connected. An agent counts once it has said which servers it offers. */
export function createAgentsOnline(ports: AgentsOnlineEvents): AgentsOnline {
  const links = new Map<string, AgentLink>()
  /** the gateway stops: nothing is left that would want to know */
  let closing = false
  const noted = (what: Promise<void>) => what.catch((error: unknown) => ports.log.error({ err: error }, 'an agent’s state was not stored'))

  /** What goes on is bound to the new connection before the calls of the earlier one are cut. */
  const replace = (agent: { id: string; name: string }, link: AgentLink, sessions: readonly SessionId[]) => {
    const earlier = links.get(agent.id)
    links.set(agent.id, link)
    ports.onHello(agent, link, sessions)
    if (earlier && earlier !== link) earlier.close('the agent connected again')
  }

  return {
    link: (id) => links.get(id),

    connected(start, agent) {
      let closed = false
      const link = openAgentLink(start, agent, {
        onHello(hello) {
          const greet = async () => {
            await ports.registry.greeted(agent.id, hello)
            if (closed) return
            replace(agent, link, hello.sessions)
            ports.log.info({ agent: agent.id, name: agent.name, servers: hello.servers.length }, 'agent connected')
            ports.onChanged()
          }
          void noted(greet())
        },
        onSessionEnded: (session, error) => ports.onSessionEnded(session, error, agent.id),
        onInterrupted: () => ports.log.warn({ agent: agent.id, name: agent.name }, 'agent interrupted: its link waits for it'),
        onResumed: () => ports.log.info({ agent: agent.id, name: agent.name }, 'agent resumed its link'),
        onClose({ code, reason, error }) {
          closed = true
          if (error !== undefined) ports.log.error({ err: error, agent: agent.id }, 'a frame of the agent could not be handled')
          // a newer link may have taken its place
          if (links.get(agent.id) !== link || closing) return
          links.delete(agent.id)
          ports.log.warn({ agent: agent.id, name: agent.name, code, reason }, 'agent disconnected')
          ports.onLost(agent)
          void noted(ports.registry.seen(agent.id))
          ports.onChanged()
        },
      })
    },

    drop: (id) => links.get(id)?.close('the agent was removed'),
    close() {
      closing = true
      for (const link of links.values()) link.close('the gateway stops')
    },
  }
}
