import type { Logger } from '../../src-node/logger.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import type { StateDatabase } from '../state/state-database.ts'

export type NoteFinding = (session: string, finding: 'altered' | 'missing') => Promise<void>

/** A stored recording is not the one of which the log knows: the log says since when that is known, and administrators hear of it. */
export function createNoteFinding(ports: {
  database: StateDatabase
  log: Pick<TransparencyLog, 'append'>
  logger: Logger
  onChanged: () => void
}): NoteFinding {
  const { database, log, logger, onChanged } = ports
  return async (session, finding) => {
    logger.error({ session, finding }, 'a stored recording is not the one of which the log knows')
    await log.append({ kind: 'recording.finding', session: sessionId.parse(session), finding })
    await database.updateTable('recordings').set({ finding }).where('session', '=', session).execute()
    onChanged()
  }
}
