import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { HttpOutput } from '../../src-protocol/http-api.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { Person } from '../../src-protocol/model.ts'
import { recordingPartBytes } from '../../src-protocol/recording-parts.ts'
import type { Removals } from '../retention/removals.ts'
import type { StateDatabase } from '../state/state-database.ts'

export interface RecordingParts {
  /**
   * A part of a sealed recording. Who takes a recording out of the gateway stands in the log before the first part is handed out, whichever part that is.
   * @throws AppError NOT_FOUND, RECORDING_REMOVED, INVALID_REQUEST, RECORDING_UNAVAILABLE, LOG_UNAVAILABLE
   */
  part(session: SessionId, offset: number, to: Person): Promise<HttpOutput<'recordingPart'>>
}

/** of people and recordings: what was logged longer ago is logged again */
const mostRemembered = 10_000

export function createRecordingParts(ports: {
  database: StateDatabase
  recordings: Pick<RecordingStore, 'readPart'>
  log: Pick<TransparencyLog, 'append' | 'tlogProof'>
  removals: Pick<Removals, 'logged'>
}): RecordingParts {
  const { database, recordings, log, removals } = ports
  /** exports that are in the log, so that a recording of many parts is one entry and not one for each */
  const logged = new Set<string>()

  async function note(session: SessionId, by: string): Promise<void> {
    const name = `${session} ${by}`
    if (logged.has(name)) return
    await log.append({ kind: 'export', by, session })
    logged.add(name)
    for (const oldest of logged) {
      if (logged.size <= mostRemembered) break
      logged.delete(oldest)
    }
  }

  return {
    async part(session, offset, to) {
      const row = await database.selectFrom('recordings').selectAll().where('session', '=', session).executeTakeFirst()
      if (!row) throw new AppError('NOT_FOUND', { what: `A sealed recording of session ${session}` })
      const removed = await removals.logged(row)
      if (removed) throw new AppError('RECORDING_REMOVED', { session, at: removed.at, index: removed.logIndex })
      const size = row.bytes
      if (offset > size) throw new AppError('INVALID_REQUEST', { problem: `offset: the recording has ${size} bytes` })
      // whoever begins again takes it once more
      if (offset === 0) logged.delete(`${session} ${to.sub}`)
      await note(session, to.sub)
      const part = await recordings.readPart(session, offset, Math.min(recordingPartBytes, size - offset))
      const next = offset + part.length
      if (next < size && part.length === 0) {
        throw new AppError('RECORDING_UNAVAILABLE', { problem: `it has ${next} bytes, and was sealed with ${size}` })
      }
      return {
        part: part.toString('base64'),
        size,
        ...(next < size ? { next } : { proof: await log.tlogProof(row.log_index) }),
      }
    },
  }
}
