import { join } from 'node:path'
import type { Clock } from '../src-node/clock.ts'
import type { Logger } from '../src-node/logger.ts'
import type { TransparencyLog } from '../src-node/log-store.ts'
import type { RecordingStore } from '../src-node/recording-store.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import type { GatewayConfig } from '../src-protocol/config.ts'
import type { Connection, Session } from '../src-protocol/model.ts'
import type { Access } from './access/access.ts'
import type { BreakGlass } from './break-glass/break-glass.ts'
import { createControls, type Controls } from './controls/controls.ts'
import { createEvidencePacks, type EvidencePacks } from './evidence/evidence-packs.ts'
import type { Identity } from './identity/identity.ts'
import { createOverview, type OverviewService } from './overview/overview.ts'
import type { Policies } from './policies/policies.ts'
import { createPolicySimulations, type PolicySimulations } from './policies/policy-simulations.ts'
import type { RecordingIndex } from './recordings/recording-index.ts'
import { toSession, type LiveSession } from './sessions/live-session.ts'
import type { Sessions } from './sessions/sessions.ts'
import { secretOfLogKey } from './state/log-key.ts'
import { createSessionWatches, type SessionWatches } from './watching/session-watches.ts'

/** What looks at the traffic and at its evidence, and decides about none of it. */
export interface Oversight {
  overview: OverviewService
  controls: Controls
  watches: SessionWatches
  packs: EvidencePacks
  simulations: PolicySimulations
  close(): Promise<void>
}

/** What is made later than this is reached through functions. */
export function createOversight(ports: {
  config: GatewayConfig
  log: TransparencyLog
  recordings: RecordingStore
  index: RecordingIndex
  identity: Pick<Identity, 'people' | 'person'>
  access: Pick<Access, 'grants' | 'standings'>
  policies: Pick<Policies, 'inForce' | 'list'>
  glass: Pick<BreakGlass, 'unreviewed'>
  connections: () => Promise<Connection[]>
  sessions: () => Pick<Sessions, 'running' | 'allLive' | 'fail'>
  pushSession: (session: Session) => void
  ownAddress: () => string | undefined
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  version: string
}): Oversight {
  const { config, log, recordings, index, identity, access, policies, glass, connections, sessions, clock, scheduler, logger, version } =
    ports
  const { publicUrl, data } = config
  const fail = (session: LiveSession, error: Parameters<Sessions['fail']>[1]) => sessions().fail(session, error)
  const watches = createSessionWatches({
    running: (id) => sessions().running(id),
    policyDocument: () => policies.inForce().policy.document,
    personNow: (sub) => identity.person(sub),
    recordings,
    log,
    onChanged: (session) => ports.pushSession(toSession(session)),
    fail,
    clock,
    scheduler,
    logger,
  })
  const packs = createEvidencePacks({ folder: join(data, 'packs'), log, recordings, gateway: publicUrl, version, clock, scheduler })
  const simulations = createPolicySimulations({ index, recordings, clock, scheduler, logger })
  const overview = createOverview({
    folders: { data, log: config.log.folder, recordings: config.recordings },
    key: secretOfLogKey(data, 'sums behind the overview'),
    log,
    people: () => identity.people(),
    person: (sub) => identity.person(sub),
    connections,
    access,
    clock,
    scheduler,
    logger,
  })
  const controls = createControls({
    inForce: () => policies.inForce(),
    storedText: async (kind) => (await policies.list()).find((version) => version.kind === kind && version.active)?.text,
    connections,
    liveSessions: () => sessions().allLive(),
    personNow: (sub) => identity.person(sub),
    log,
    fact: overview.fact,
    recordings,
    temporaryFolder: data,
    ownAddress: ports.ownAddress,
    overview: (period) => overview.overview(period),
    entries: (period) => overview.entries(period),
    activationApprovals: config.activation.approvals,
    unreviewedBreakGlass: () => glass.unreviewed(),
    clock,
  })

  return {
    overview,
    controls,
    watches,
    packs,
    simulations,
    async close() {
      simulations.close()
      await overview.close()
    },
  }
}
