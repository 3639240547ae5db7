import { AppError } from '../../../src-protocol/app-error.ts'
import type { PinnedCheckpoint } from '../../../src-protocol/model.ts'
import type { Logger } from '../../../src-node/logger.ts'
import type { GatewayApi } from '../gateway-api.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'

/** Follows the head of a gateway's log, so that a log that forgets or rewrites is noticed on this computer. */
export interface CheckpointWatch {
  readonly pinned: PinnedCheckpoint | undefined
  readonly alarm: string | undefined
  /** asks the gateway for its newest checkpoint */
  refresh(): Promise<void>
  /** the gateway told one */
  seen(note: string): void
}

export function createCheckpointWatch(options: {
  gatewayUrl: string
  api: GatewayApi
  library: Pick<RemoteLibrary, 'pin' | 'pinnedFor'>
  log: Logger
  onChange: () => void
}): CheckpointWatch {
  const { gatewayUrl, api, library, log, onChange } = options
  let pinned: PinnedCheckpoint | undefined
  let alarm: string | undefined
  let key: string | undefined
  let waiting: string | undefined
  let running: Promise<void> | undefined

  const fetchConsistency = async (from: number, to: number) => (await api.call('logConsistency', { from, to })).hashes

  async function readPinned() {
    try {
      const known = await library.pinnedFor(gatewayUrl)
      pinned ??= known
      onChange()
    } catch (error) {
      log.error({ err: error }, 'what is pinned could not be read')
    }
  }
  void readPinned()

  async function pin(note: string, verifierKey: string) {
    const outcome = await library.pin(gatewayUrl, note, verifierKey, fetchConsistency)
    if (outcome.ok) pinned = outcome.pinned
    else {
      log.error({ reason: outcome.reason }, 'the log does not extend what was seen before')
      alarm = outcome.alarm
    }
    onChange()
  }

  /** A busy log sends many: while one is compared, only the newest of the others is kept. */
  async function work() {
    try {
      while (waiting !== undefined) {
        const note = waiting
        waiting = undefined
        key ??= (await api.call('logCheckpoint')).key
        await pin(note, key)
      }
    } catch (error) {
      // no answer is no alarm; the next checkpoint is compared with the same pin
      log.warn({ err: error }, 'a checkpoint could not be compared')
    } finally {
      running = undefined
    }
  }

  return {
    get pinned() {
      return pinned
    },
    get alarm() {
      return alarm
    },
    async refresh() {
      try {
        const newest = await api.call('logCheckpoint')
        key = newest.key
        await pin(newest.note, newest.key)
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
