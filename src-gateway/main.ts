import { resolve, sep } from 'node:path'
import { systemClock, timestampOf, type Clock } from '../src-node/clock.ts'
import { openDataFolder } from '../src-node/data-folder.ts'
import { createLogger, type Logger } from '../src-node/logger.ts'
import { openRecordingStore } from '../src-node/recording-store.ts'
import { systemScheduler, type Scheduler } from '../src-node/scheduler.ts'
import { resolveSecret } from '../src-node/secret.ts'
import { AppError } from '../src-protocol/app-error.ts'
import type { GatewayConfig } from '../src-protocol/config.ts'
import { version } from '../src-protocol/version.ts'
import { createGroupMembership } from './approvals/group-membership.ts'
import { openIdentity } from './identity/identity.ts'
import { createGateway } from './create-gateway.ts'
import { watchDocument } from './policies/watch-documents.ts'
import { recoverSessions } from './sessions/recover-sessions.ts'
import { startHeartbeats } from './state/log-heartbeats.ts'
import { lockDataFolder } from './state/instance-lock.ts'
import { openGatewayLog } from './state/gateway-log.ts'
import { keepLogHead } from './state/log-head.ts'
import { replayLog } from './state/replay-log.ts'
import { startWitnesses } from './state/witnesses.ts'
import { openState } from './state/state-database.ts'

export interface GatewayOptions {
  config: GatewayConfig
  /** base of the relative paths in the configuration */
  folder: string
  env: NodeJS.ProcessEnv
  log?: Logger
  clock?: Clock
  scheduler?: Scheduler
}

export interface RunningGateway {
  url: string
  /** ends the sessions, seals them, and lets go of everything */
  close(): Promise<void>
}

/**
 * Starts the gateway: lock, stores, what a crash left unsealed, policy and masking, and only then the first request.
 * @throws AppError CONFIG_INVALID, CONFLICT, PORT_TAKEN, POLICY_INVALID, MASKING_INVALID, RECORDING_UNAVAILABLE, LOG_UNAVAILABLE …
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { folder, env, log: logger = createLogger('gateway'), clock = systemClock, scheduler = systemScheduler } = options
  const config = withAbsolutePaths(options.config, folder)
  assertApart(config)
  const { publicUrl } = config
  const opened = new OpenedInOrder()
  try {
    openDataFolder(config.data, 'gateway')
    opened.add(lockDataFolder(config.data))
    const clientSecret = resolveSecret(config.identityProvider.clientSecret, { env, folder, name: 'identityProvider.clientSecret' })
    const state = await openState(config.data)
    opened.add(() => state.close())
    const log = await openGatewayLog(config, clock)
    opened.add(() => log.close())
    opened.add(keepLogHead(config.data, log))
    opened.add(await startHeartbeats({ log, everyMinutes: config.log.heartbeatMinutes, scheduler: systemScheduler, logger }))
    const witnesses = await startWitnesses({ config: config.log, log, clock, scheduler: systemScheduler, logger })
    opened.add(() => witnesses.close())
    const recordings = await openRecordingStore({ folder: config.recordings, clock })
    opened.add(() => recordings.close())
    const membership = createGroupMembership(state.connection, clock.now())
    const identity = await openIdentity({
      config,
      database: state.connection,
      publicUrl,
      clientSecret,
      clock,
      log: logger,
      onEvent: async ({ act, person }) => {
        membership.heard(person, timestampOf(clock.now()))
        await log.append({ kind: 'identity', act, person: person.sub })
      },
    })
    opened.add(() => identity.close())

    for (const person of identity.people()) membership.heard(person, timestampOf(clock.now()))

    const gateway = createGateway({
      config,
      database: state.database,
      log,
      recordings,
      witnesses,
      identity,
      membership,
      clock,
      scheduler,
      logger,
      version,
    })
    opened.add(() => gateway.close())
    await log.append({ kind: 'gateway.start', gateway: publicUrl, version })
    await replayLog(log, gateway.logListeners)
    await gateway.access.resume()
    await gateway.delegations.resume()
    await gateway.glass.resume()
    const { store, sessions } = gateway
    const { index } = gateway.recordings
    const { sealed, resumed } = await recoverSessions({
      store,
      index,
      log,
      recordings,
      ...(config.limits.graceSeconds > 0 && { resume: (interrupted) => sessions.resume(interrupted) }),
      clock,
      gateway: publicUrl,
      logger,
    })
    await gateway.approvals.resume((session) => sessions.isRunning(session))
    if (sealed > 0) logger.warn({ sealed }, 'sessions of an earlier run were sealed')
    if (resumed > 0) logger.info({ resumed }, 'sessions of an earlier run go on')
    await gateway.tools.load()
    opened.add(await watchDocument(gateway.policies, 'policy', config.policy, logger))
    opened.add(await watchDocument(gateway.policies, 'masking', config.masking, logger))

    await listen(gateway, config)
    sessions.awaitReturns()
    // what an earlier run left undone
    await gateway.recordings.start()
    // the key is public: auditors check proofs under it
    logger.info({ url: publicUrl, version, logKey: log.verifierKey }, 'gateway started')
    return { url: publicUrl, close: () => opened.close() }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** What was opened is closed in the opposite order, all of it, whatever fails on the way. */
class OpenedInOrder {
  readonly #closers: (() => unknown)[] = []

  add(close: () => unknown): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the gateway did not close cleanly')
  }
}

function withAbsolutePaths(config: GatewayConfig, folder: string): GatewayConfig {
  const absolute = (path: string) => resolve(folder, path)
  return {
    ...config,
    publicUrl: config.publicUrl.replace(/\/+$/, ''),
    data: absolute(config.data),
    recordings: absolute(config.recordings),
    log: { ...config.log, folder: absolute(config.log.folder) },
    policy: absolute(config.policy),
    masking: absolute(config.masking),
    ...(config.archive.copy && {
      archive: { ...config.archive, copy: { ...config.archive.copy, folder: absolute(config.archive.copy.folder) } },
    }),
  }
}

/** A copy inside of what it copies would be no second one, and would copy itself; one around it would hold keys. */
function assertApart({ data, recordings, log, archive: { copy } }: GatewayConfig): void {
  const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep)
  for (const own of copy ? [data, recordings, log.folder] : []) {
    if (copy && (isWithin(copy.folder, own) || isWithin(own, copy.folder))) {
      throw new AppError('CONFIG_INVALID', {
        file: 'of the gateway',
        problem: 'archive.copy.folder: it must lie apart from data, recordings and log',
      })
    }
  }
}

async function listen(gateway: ReturnType<typeof createGateway>, { listen: { host, port } }: GatewayConfig): Promise<void> {
  try {
    await gateway.app.listen({ host, port })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new AppError('PORT_TAKEN', { port }, { cause })
    throw cause
  }
}
