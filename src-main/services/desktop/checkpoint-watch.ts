import { AppError } from '../../../src-protocol/app-error.ts'
import type { KnownWitness } from '../../../src-protocol/known-witnesses.ts'
import type { PinnedCheckpoint } from '../../../src-protocol/model.ts'
import { openCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { parseVerifierKey } from '../../../src-core/log/signed-note.ts'
import type { Logger } from '../../../src-node/logger.ts'
import type { GatewayApi } from '../gateway-api.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'

/** Follows the head of a gateway's log, so that a log that forgets or rewrites is noticed on this computer. */
export interface CheckpointWatch {
  readonly pinned: PinnedCheckpoint | undefined
  readonly alarm: string | undefined
  /** known witnesses whose cosignature the pinned checkpoint lacks */
  readonly unwitnessed: readonly string[]
  /** whether somebody told this computer of witnesses: their cosignatures have to be asked for */
  readonly hasWitnesses: boolean
  /** asks the gateway for its newest checkpoint */
  refresh(): Promise<void>
  /** the gateway told one */
  seen(note: string): void
}

export function createCheckpointWatch(options: {
  gatewayUrl: string
  api: GatewayApi
  library: Pick<RemoteLibrary, 'pin' | 'pinnedFor' | 'witnesses' | 'seeCosigned'>
  log: Logger
  onChange: () => void
  /** milliseconds that only ever grow */
  elapsed?: () => number
}): CheckpointWatch {
  const { gatewayUrl, api, library, log, onChange, elapsed = () => performance.now() } = options
  let pinned: PinnedCheckpoint | undefined
  let alarm: string | undefined
  let witnesses: KnownWitness[] = []
  let key: LogKey | undefined
  let waiting: string | undefined
  let running: Promise<void> | undefined
  /** checkpoints were shown, and none of them could be compared since */
  let unproven: { since: number; times: number } | undefined

  async function readPinned() {
    try {
      const known = await library.pinnedFor(gatewayUrl)
      pinned ??= known
      witnesses = await library.witnesses(gatewayUrl)
      onChange()
    } catch (error) {
      log.error({ err: error }, 'what is pinned could not be read')
    }
  }
  void readPinned()

  /** for a checkpoint that the gateway has told: without its key it is not compared either */
  const fetchKeyFor = (): Promise<LogKey> =>
    api.call('logCheckpoint').catch((error: unknown) => {
      noteUnproven()
      throw error
    })
  const fetchConsistency = async (from: number, to: number) => (await api.call('logConsistency', { from, to })).hashes

  async function pin(note: string, { key: verifierKey, rotations }: LogKey) {
    const outcome = await library.pin(gatewayUrl, note, verifierKey, fetchConsistency, rotations).catch((error: unknown) => {
      noteUnproven()
      throw error
    })
    unproven = undefined
    if (outcome.ok) pinned = outcome.pinned
    else {
      log.error({ reason: outcome.reason }, 'the log does not extend what was seen before')
      alarm = outcome.alarm
    }
    onChange()
  }

  /** A proof that does not come may be a fault that passes. A gateway that has rewritten its log would not show one either, for as long as nobody minds. */
  function noteUnproven() {
    unproven = { since: unproven?.since ?? elapsed(), times: (unproven?.times ?? 0) + 1 }
    onChange()
  }

  function unprovenAlarm(): string | undefined {
    if (!unproven || unproven.times < patience.times || elapsed() - unproven.since < patience.minutes * 60_000) return undefined
    return `For more than ${patience.minutes} minutes this computer has not been shown that the gateway’s log continues the one that it had seen, though the gateway goes on with it.`
  }

  /** A busy log sends many: while one is compared, only the newest of the others is kept. */
  async function work() {
    try {
      while (waiting !== undefined) {
        const note = waiting
        waiting = undefined
        // a gateway that was started again may sign with another key by now
        if (key === undefined || !isSignedBy(note, key)) key = await fetchKeyFor()
        await pin(note, key)
      }
    } catch (error) {
      // no answer is no alarm; the next checkpoint is compared with the same pin
      log.warn({ err: error }, 'a checkpoint could not be compared')
    } finally {
      running = undefined
    }
  }

  /** What witnesses cosigned is held against what is pinned. Without an answer the old state stands. */
  async function look(cosigned: string | undefined) {
    if (cosigned !== undefined) {
      const outcome = await library.seeCosigned(gatewayUrl, cosigned, fetchConsistency)
      if (outcome.alarm !== undefined) {
        log.error('what witnesses cosigned is not of the pinned log')
        alarm = outcome.alarm
      }
    }
    const before = JSON.stringify(witnesses)
    witnesses = await library.witnesses(gatewayUrl)
    if (alarm !== undefined || before !== JSON.stringify(witnesses)) onChange()
  }

  return {
    get pinned() {
      return pinned
    },
    get alarm() {
      return alarm ?? unprovenAlarm()
    },
    get unwitnessed() {
      return witnesses.filter(({ state }) => state !== 'cosigned').map(({ name }) => name)
    },
    get hasWitnesses() {
      return witnesses.length > 0
    },
    async refresh() {
      try {
        const newest = await api.call('logCheckpoint')
        key = newest
        await pin(newest.note, newest)
        await look(newest.cosigned)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        log.info({ code: error.code }, 'no checkpoint from the gateway')
      }
    },
    seen(note) {
      waiting = note
      running ??= work()
    },
  }
}

/** how long, and how often, a comparison may fail before somebody is told */
const patience = { minutes: 10, times: 3 }

/** The key that signs a log now, and the proofs of the entries that led to it. */
interface LogKey {
  key: string
  rotations?: readonly string[] | undefined
}

function isSignedBy(note: string, { key }: LogKey): boolean {
  const parsed = parseVerifierKey(key)
  return parsed.ok && openCheckpoint(note, parsed.key).ok
}
