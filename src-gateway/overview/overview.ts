import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { HttpOutput } from '../../src-protocol/http-api.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { Overview, OverviewApprovalsQuery, OverviewSessionsQuery, Period } from '../../src-protocol/overview.ts'
import type { Access } from '../access/access.ts'
import { accessReviewRows } from './access-review-rows.ts'
import { createActivityCounts } from './count-activity.ts'
import { createLogDigest } from './digest-log.ts'
import { followActivity, type ActivityFollower } from './follow-activity.ts'
import { openOverviewDatabase } from './overview-database.ts'
import { createApprovalRows } from './approval-rows.ts'
import { createOverviewSums } from './overview-sums.ts'
import { createSessionRows } from './session-rows.ts'

/** Answers about a period, from sums that are brought up to date with the log before each answer. */
export interface OverviewService extends Pick<ActivityFollower, 'changed' | 'ended'> {
  overview(period: Period): Promise<Overview>
  sessions(query: OverviewSessionsQuery): Promise<HttpOutput<'overviewSessions'>>
  approvals(query: OverviewApprovalsQuery): Promise<HttpOutput<'overviewApprovals'>>
  accessReview(): Promise<HttpOutput<'accessReview'>>
  /** how many entries of each kind the log has of the period */
  entries(period: Period): Promise<ReadonlyMap<string, number>>
  close(): void
}

export interface OverviewPorts {
  /** of the gateway's data */
  folder: string
  log: TransparencyLog
  recordings: Pick<RecordingStore, 'readText'>
  people(): Person[]
  person(sub: string): Person | undefined
  connections(): Promise<Connection[]>
  access: Pick<Access, 'grants' | 'standings'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}

export function createOverview(ports: OverviewPorts): OverviewService {
  const { clock } = ports
  const database = openOverviewDatabase(ports.folder)
  const follower = followActivity({ ...ports, digest: createLogDigest(database, ports.log), counts: createActivityCounts(database) })
  const personOf = (sub: string) => ({ sub, name: ports.person(sub)?.name ?? sub })
  const sums = createOverviewSums(database, personOf)
  const sessionRows = createSessionRows(database, personOf)
  const approvalRows = createApprovalRows(database, personOf)
  const now = () => timestampOf(clock.now())

  return {
    changed: (session) => follower.changed(session),
    ended: (session) => follower.ended(session),
    async overview(period) {
      await follower.refresh()
      return sums.overview(period, now())
    },
    async sessions(query) {
      await follower.refresh()
      return sessionRows(query)
    },
    async approvals(query) {
      await follower.refresh()
      return approvalRows(query)
    },
    async accessReview() {
      await follower.refresh()
      const connections = await ports.connections()
      const rows = accessReviewRows({ database, people: ports.people(), connections, personOf, standings: ports.access.standings })
      return { at: now(), rows, grants: ports.access.grants() }
    },
    async entries(period) {
      await follower.refresh()
      return sums.entries(period)
    },
    close() {
      follower.close()
      database.close()
    },
  }
}
