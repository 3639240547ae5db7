import type { Masking } from '../../src-core/masking/load-masking.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import type { AgentRefused } from '../agents/log-agent-refusals.ts'
import type { Approvals } from '../approvals/approvals.ts'
import type { Inspections } from '../inspection/inspection-pool.ts'
import type { ToolPins } from '../tools/tool-pins.ts'
import type { LiveSession } from '../sessions/live-session.ts'

/** What the pipeline needs from the rest of the gateway. */
export interface ExchangePorts {
  /** the versions in force now, for every message anew */
  inForce(): { policy: Policy; masking: Masking }
  approvals: Approvals
  /** what is known of the tools of every connection */
  tools: Pick<ToolPins, 'of' | 'saw'>
  /** for large messages */
  inspections: Inspections
  limits: GatewayConfig['limits']
  clock: Clock
  scheduler: Scheduler
  /** an agent did not run what was let through */
  agentRefused?: AgentRefused
  /** a record could not be written, or something broke: the session must end */
  fail(session: LiveSession, error: unknown): void
}

/** Deeper than any message that people or models write, and shallow enough for every parser behind us. */
export const deepestMessage = 100
