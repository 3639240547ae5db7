import { existsSync } from 'node:fs'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { HttpOutput } from '../../src-protocol/http-api.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { Overview, OverviewApprovalsQuery, OverviewSessionsQuery, Period } from '../../src-protocol/overview.ts'
import type { Access } from '../access/access.ts'
import { createTaskThread } from '../recordings/task-thread.ts'
import { accessReviewRows } from './access-review-rows.ts'
import type { ControlFacts } from './control-facts.ts'
import { followActivity, type ActivityFollower } from './follow-activity.ts'
import type { OverviewTasks } from './overview-tasks.ts'

/** Answers about a period, from sums that are brought up to date with the log before each answer. */
export interface OverviewService extends Pick<ActivityFollower, 'changed' | 'ended'> {
  overview(period: Period): Promise<Overview>
  sessions(query: OverviewSessionsQuery): Promise<HttpOutput<'overviewSessions'>>
  approvals(query: OverviewApprovalsQuery): Promise<HttpOutput<'overviewApprovals'>>
  accessReview(): Promise<HttpOutput<'accessReview'>>
  /** how many entries of each kind the log has of the period */
  entries(period: Period): Promise<ReadonlyMap<string, number>>
  /** what a test of a control asks about the whole log */
  fact: <K extends keyof ControlFacts>(what: K, ...about: Parameters<ControlFacts[K]>) => Promise<ReturnType<ControlFacts[K]>>
  close(): Promise<void>
}

export interface OverviewPorts {
  folders: { data: string; log: string; recordings: string }
  /** seals the sums, so that what another program writes into their file is noticed */
  key: Uint8Array
  log: Pick<TransparencyLog, 'checkpoint'>
  people(): Person[]
  person(sub: string): Person | undefined
  connections(): Promise<Connection[]>
  access: Pick<Access, 'grants' | 'standings'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}

/** the sums are opened, and held against their seal, in a moment; a thread that waits costs memory */
const idleMs = 10_000

export function createOverview(ports: OverviewPorts): OverviewService {
  const { clock, scheduler, folders, key } = ports
  const thread = createTaskThread<OverviewTasks>({
    name: 'overview',
    file: overviewWorkerFile(),
    workerData: { ...folders, key: Buffer.from(key).toString('base64') },
    scheduler,
    idleMs,
  })
  const follower = followActivity({ ...ports, thread })
  const nameOf = (sub: string) => ports.person(sub)?.name ?? sub
  const named = ({ sub }: { sub: string }) => ({ sub, name: nameOf(sub) })
  const now = () => timestampOf(clock.now())

  return {
    changed: (session) => follower.changed(session),
    ended: (session) => follower.ended(session),
    async overview(period) {
      await follower.refresh()
      const sums = await thread.call('overview', { period, at: now() })
      return { ...sums, access: sums.access.map((row) => ({ ...row, person: named(row.person) })) }
    },
    async sessions(query) {
      await follower.refresh()
      const page = await thread.call('sessions', query)
      return { ...page, rows: page.rows.map((row) => ({ ...row, person: named(row.person) })) }
    },
    async approvals(query) {
      await follower.refresh()
      const page = await thread.call('approvals', query)
      return { ...page, rows: page.rows.map((row) => ({ ...row, requester: named(row.requester), deciders: row.deciders.map(named) })) }
    },
    async accessReview() {
      await follower.refresh()
      const lastUses = await thread.call('lastUses', undefined)
      const connections = await ports.connections()
      const personOf = (sub: string) => named({ sub })
      const rows = accessReviewRows({ lastUses, people: ports.people(), connections, personOf, standings: ports.access.standings })
      return { at: now(), rows, grants: ports.access.grants() }
    },
    async entries(period) {
      await follower.refresh()
      return thread.call('entries', period)
    },
    async fact(what, ...about) {
      await follower.refresh()
      return thread.call('facts', { what, about }) as never
    },
    async close() {
      follower.close()
      await thread.close()
    },
  }
}

/** Beside this module while it runs from its sources, beside the command where it is bundled (build/cli.vite.config.ts). */
function overviewWorkerFile(): URL {
  const source = new URL('overview-worker.ts', import.meta.url)
  return existsSync(source) ? source : new URL('overview-worker.js', import.meta.url)
}
