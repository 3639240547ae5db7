import { parseRecordLine } from '../../src-core/recording/record-lines.ts'
import { createSimulation, type Simulation } from '../../src-core/policy/simulate-policy.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import { randomText } from '../../src-node/random-id.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Person, RecordingSummary } from '../../src-protocol/model.ts'
import type { SimulationRequest, SimulationRun } from '../../src-protocol/simulation.ts'
import type { RecordingIndex } from '../recordings/recording-index.ts'
import { describeProblems, loadDocument } from './document-version.ts'

/** Runs policy drafts over the recordings of this gateway, one at a time; the newest run is kept. */
export interface PolicySimulations {
  /** The same person's earlier run ends with it. @throws AppError POLICY_INVALID, CONFLICT (another person's is running) */
  start(request: SimulationRequest, by: Person): Promise<SimulationRun>
  /** @throws AppError NOT_FOUND: there is no such run, or a newer one took its place */
  find(id: string): SimulationRun
  /** what is over stays as it is. @throws AppError NOT_FOUND */
  cancel(id: string): SimulationRun
  close(): void
}

export interface PolicySimulationsPorts {
  index: Pick<RecordingIndex, 'list'>
  recordings: Pick<RecordingStore, 'readText'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
}

/** Calls of people go through the same thread: it is theirs after so much work, for as long again. */
const sliceMs = 10
const pageSize = 100
/** Larger recordings are not read into memory beside everything else. */
const mostRecordingBytes = 128 * 1024 * 1024
/** To parse a longer record takes longer than a slice. */
const mostLineCharacters = 1024 * 1024

export function createPolicySimulations(ports: PolicySimulationsPorts): PolicySimulations {
  const { index, recordings, clock, scheduler, logger } = ports
  let latest: SimulationRun | undefined
  /** `sub` of who started it */
  let owner: string | undefined
  let wake: (() => void) | undefined

  /** Resolves at once while there is time left, else after a rest. */
  function createPace(): () => Promise<void> | undefined {
    let since = clock.now().getTime()
    return () => {
      const spent = clock.now().getTime() - since
      // a clock that was set back must not stop the rests
      if (spent >= 0 && spent < sliceMs) return undefined
      return new Promise((resolve) => {
        const rested = () => {
          wake = undefined
          since = clock.now().getTime()
          resolve()
        }
        const cancel = scheduler.after(sliceMs, rested)
        wake = () => {
          cancel()
          rested()
        }
      })
    }
  }

  async function choose(run: SimulationRun, { filter }: SimulationRequest, pace: () => Promise<void> | undefined) {
    const chosen: RecordingSummary[] = []
    let cursor: string | undefined
    do {
      const page = await index.list({ limit: pageSize, ...(cursor !== undefined && { cursor }) })
      chosen.push(...page.recordings.filter((summary) => !summary.removed && isAskedFor(summary, filter)))
      cursor = page.next
      await pace()
    } while (cursor !== undefined && chosen.length < filter.limit && run.state === 'running')
    return chosen.slice(0, filter.limit)
  }

  /** False: it could not be read, or not to its end. */
  async function read(
    run: SimulationRun,
    { session, bytes }: RecordingSummary,
    simulation: Simulation,
    pace: () => Promise<void> | undefined,
  ) {
    if (bytes > mostRecordingBytes) return false
    const text = await recordings.readText(session).catch((error: unknown) => {
      if (error instanceof AppError) return undefined
      throw error
    })
    if (text === undefined) return false
    const take = simulation.session()
    let start = 0
    while (start < text.length && run.state === 'running') {
      const end = text.indexOf('\n', start)
      if (end < 0) return false
      const line = text.slice(start, end)
      start = end + 1
      if (line.length > mostLineCharacters) {
        // nothing is decided about what answers a request
        if (!line.slice(0, 200).includes('"kind":"response"')) take('unreadable')
      } else {
        const parsed = parseRecordLine(Buffer.from(line))
        if (!parsed.ok) return false
        take(parsed.record)
      }
      await pace()
    }
    return true
  }

  async function work(run: SimulationRun, request: SimulationRequest, simulation: Simulation): Promise<void> {
    const pace = createPace()
    const chosen = await choose(run, request, pace)
    run.total = chosen.length
    for (const summary of chosen) {
      if (run.state !== 'running') return
      if (!(await read(run, summary, simulation, pace))) run.skipped += 1
      run.done += 1
    }
    if (run.state !== 'running') return
    run.result = simulation.result()
    finish(run, 'done')
  }

  function finish(run: SimulationRun, state: Exclude<SimulationRun['state'], 'running'>): void {
    run.state = state
    run.endedAt = timestampOf(clock.now())
  }

  function find(id: string): SimulationRun {
    if (latest?.id !== id) throw new AppError('NOT_FOUND', { what: 'The simulation' })
    return latest
  }

  function stop(run: SimulationRun): void {
    if (run.state !== 'running') return
    finish(run, 'cancelled')
    wake?.()
  }

  return {
    async start(request, by) {
      const loaded = await loadDocument('policy', request.text)
      if (!loaded.ok || loaded.kind !== 'policy')
        throw new AppError('POLICY_INVALID', { problem: loaded.ok ? 'it is no policy' : describeProblems(loaded.problems) })
      if (latest?.state === 'running') {
        if (owner !== by.sub) throw new AppError('CONFLICT', { problem: `a simulation of ${latest.by} is running` })
        // the window that knew of it may be gone
        stop(latest)
      }
      owner = by.sub
      const run: SimulationRun = {
        id: `sim_${randomText(16)}`,
        state: 'running',
        by: by.name,
        startedAt: timestampOf(clock.now()),
        done: 0,
        total: 0,
        skipped: 0,
      }
      latest = run
      work(run, request, createSimulation(loaded.document)).catch((error: unknown) => {
        logger.error({ err: error, simulation: run.id }, 'a simulation failed')
        if (run.state === 'running') finish(run, 'failed')
      })
      return run
    },
    find,
    cancel(id) {
      const run = find(id)
      stop(run)
      return run
    },
    close() {
      if (latest) stop(latest)
    },
  }
}

function isAskedFor({ connection, startedAt, endedAt }: RecordingSummary, { connections, from, to }: SimulationRequest['filter']): boolean {
  if (connections !== undefined && connections.length > 0 && !connections.includes(connection)) return false
  return (from === undefined || endedAt >= from) && (to === undefined || startedAt < to)
}
