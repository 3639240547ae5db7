import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { EndReason, Session } from '../../src-protocol/model.ts'
import { cutExchange } from '../exchange/answer.ts'
import type { ExchangePorts } from '../exchange/exchange-ports.ts'
import { toSession, type LiveSession } from './live-session.ts'
import { sealRecording, type KnownSummary, type SealPorts } from './seal-session.ts'
import type { SessionStore } from './session-store.ts'
import { takeTurns } from './take-turns.ts'

export interface SessionEndingPorts extends SealPorts {
  store: SessionStore
  exchangePorts: ExchangePorts
  clock: Clock
  logger: Logger
  onChanged(session: Session): void
}

/** Many sessions end together when an agent is lost: were all of them sealed at once, nobody else would get to the disk before they are done. */
const sealedAtOnce = 8

/**
 * Ends a session, once. The first three steps happen in the same turn of the event loop, so that nothing passes between them:
 *
 * 1. mark it as ended: what waits for its record to become durable is dropped when it is
 * 2. cut every open exchange, and tell the agent
 * 3. tell who watches
 * 4. void its approvals
 * 5. close the recording, put its root into the log, index it
 */
export function createSessionEnding(ports: SessionEndingPorts) {
  const inTurn = takeTurns(sealedAtOnce)
  /** `error`: what the open calls are told, if more is known than that the session has ended */
  return function endSession(
    session: LiveSession,
    reason: EndReason,
    error?: AppError,
    by?: NonNullable<LiveSession['ended']>['by'],
  ): Promise<void> {
    if (session.sealed) return session.sealed
    // whoever calls afterwards is told what became of the access, too
    const ended = reason === 'access-ended' && error ? error : new AppError('SESSION_ENDED', { reason })
    session.ended = { reason, at: timestampOf(ports.clock.now()), error: ended, ...(by && { by }) }
    for (const exchange of session.exchanges) cutExchange(ports.exchangePorts, exchange, error ?? ended)
    session.link.end()
    ports.logger.info({ session: session.id, reason }, 'session ended')
    ports.onChanged(toSession(session))
    session.sealed = inTurn(() => seal(ports, session, reason))
    return session.sealed
  }
}

function summaryOf(session: LiveSession): KnownSummary {
  const { connection, reason, startedAt, policyVersion, maskingVersion } = session
  const { sub, name, email } = session.person
  return {
    connection,
    person: { sub, name, ...(email !== undefined && { email }) },
    reason,
    startedAt,
    endedAt: session.ended?.at ?? startedAt,
    counts: session.verdicts.counts(),
    policyVersion,
    maskingVersion,
  }
}

function endedBy({ ended }: LiveSession): { by?: { sub: string; name: string }; because?: string } {
  if (!ended?.by) return {}
  const { sub, name, reason } = ended.by
  return { by: { sub, name }, because: reason }
}

async function seal(ports: SessionEndingPorts, session: LiveSession, reason: EndReason): Promise<void> {
  let sealed = false
  try {
    await ports.exchangePorts.approvals.voidSession(session.id)
    const by = toSession(session).endedBy
    if (by) await ports.store.ending(session.id, { reason, by })
    const closed = await session.recording.close({ endReason: reason, counts: session.verdicts.counts(), ...endedBy(session) })
    await sealRecording(ports, session.id, closed, summaryOf(session))
    sealed = true
  } catch (error) {
    // the next start finds the session unsealed and does what is missing
    ports.logger.error({ err: error, session: session.id }, 'the session could not be sealed')
  }
  try {
    await ports.store.close(session, sealed)
  } catch (error) {
    ports.logger.error({ err: error, session: session.id }, 'the end of the session could not be stored')
  }
  ports.onChanged(toSession(session))
}
