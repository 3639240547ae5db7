import { resolve } from 'node:path'
import type { Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { AgentConfig } from '../../src-protocol/config.ts'
import { createCheckedCalls, type CheckedCalls } from './checked-calls.ts'
import { openTrustDocument } from './trust-document.ts'
import { openUsedApprovals } from './used-approvals.ts'

/** Which servers' calls the agent checks itself (docs/decisions/0019). */
export interface ApprovalChecks {
  /** undefined: what the gateway forwards is run */
  of(server: string): CheckedCalls | undefined
  close(): void
}

export interface ApprovalChecksOptions {
  config: AgentConfig
  /** base of the relative paths in the configuration */
  folder: string
  data: string
  clock: Clock
  log: Logger
}

/** @throws AppError CONFIG_INVALID, CONFIG_UNREADABLE, FILE_UNWRITABLE */
export async function openApprovalChecks({ config, folder, data, clock, log }: ApprovalChecksOptions): Promise<ApprovalChecks> {
  const { approvals, servers } = config
  if (!approvals) return { of: () => undefined, close: () => {} }
  for (const name of Object.keys(approvals.required)) {
    if (servers.some((server) => server.name === name)) continue
    throw new AppError('CONFIG_INVALID', { file: 'of the agent', problem: `approvals.required: there is no server ${name}` })
  }
  const document = await openTrustDocument({ root: approvals.root, file: resolve(folder, approvals.document), data, log })
  const used = openUsedApprovals(data, clock.now())
  const checked = new Map(
    Object.entries(approvals.required).map(([server, required]) => [
      server,
      createCheckedCalls({ server, required, document, used, clock }),
    ]),
  )
  log.info({ servers: [...checked.keys()], version: document.trust.version }, 'approvals of these servers are checked here')
  return {
    of: (server) => checked.get(server),
    close() {
      document.close()
      used.close()
    },
  }
}
