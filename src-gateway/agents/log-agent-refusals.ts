import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { ApprovalId } from '../../src-protocol/ids.ts'
import type { LiveSession } from '../sessions/live-session.ts'

export type AgentRefused = (session: LiveSession, approval: ApprovalId | undefined, error: AppError) => void

/**
 * An agent that does not run what this gateway let through holds other rules, or has caught the gateway: either way somebody has to look. It is
 * logged, so that an auditor sees it too.
 */
export function logAgentRefusals(ports: {
  log: Pick<TransparencyLog, 'append'>
  logger: Logger
  fail(session: LiveSession, error: unknown): void
}): AgentRefused {
  return (session, approval, error) => {
    const { id, server } = session
    const { reason = 'unknown', problem = '' } = error.data
    const alarm = { session: id, server, approval, reason, problem, alarm: 'agent-refused' }
    ports.logger.error(alarm, 'an agent did not run a call that the gateway let through')
    ports.log
      .append({
        kind: 'agent.refused',
        session: id,
        server,
        ...(approval !== undefined && { approval }),
        // they come from the agent
        reason: String(reason).slice(0, 100),
        problem: String(problem).slice(0, 500),
      })
      .catch((failure: unknown) => ports.fail(session, failure))
  }
}
