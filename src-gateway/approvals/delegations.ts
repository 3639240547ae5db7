import { keyThumbprint, verifySignedText } from '../../src-core/approval/vote-signature.ts'
import { voteClockToleranceMs } from '../../src-core/approval/approval-state.ts'
import { createDelegationBook } from '../../src-core/approval/delegation-book.ts'
import { delegationDigest, problemOfGiving } from '../../src-core/approval/judge-delegation.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { delegationText, type Delegation, type DelegationEndReason, type DelegationRequest } from '../../src-protocol/delegation.ts'
import type { DelegationId } from '../../src-protocol/ids.ts'
import { timestamp } from '../../src-protocol/ids.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'
import type { Person } from '../../src-protocol/model.ts'
import type { SignedIn } from '../identity/identity.ts'
import type { LogListener } from '../state/replay-log.ts'

/** Who decides in whose place while a reviewer is away (docs/decisions/0026). */
export interface Delegations {
  /** what it learns from the log at start */
  listener: LogListener
  /** at start, when the log was read: what lost its ground meanwhile ends */
  resume(): Promise<void>
  /** one's own, given and received; all of them for auditors and administrators */
  list(viewer: Person): Delegation[]
  /** whom somebody can name: reviewers who have signed in here */
  delegates(person: Person): Pick<Person, 'sub' | 'name'>[]
  /** @throws AppError DELEGATION_INVALID, APPROVAL_SIGNATURE_INVALID, CONFLICT */
  give(signedIn: SignedIn, request: DelegationRequest): Promise<Delegation>
  /** takes it back, or gives it back */
  end(person: Person, id: DelegationId): Promise<Delegation>
  find(id: string): Delegation | undefined
  /** those by which somebody may decide for others, as long as the time says so */
  receivedBy(sub: string): Delegation[]
  personChanged(person: Person): void
  close(): void
}

export interface DelegationsPorts {
  log: Pick<TransparencyLog, 'append' | 'entry'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  /** with the groups that the identity provider named last, and the roles that they give */
  personNow(sub: string): Person | undefined
  people(): Iterable<Person>
  /** something changed for these people */
  onChanged(subs: readonly string[]): void
}

/** timers are no longer than this; what is due later is looked at again */
const longestTimerMs = 24 * 60 * 60 * 1000
const mostStanding = 20

/** One change at a time. What is given counts once it is in the log; what ends it counts at once, and is logged then. */
export function createDelegations(ports: DelegationsPorts): Delegations {
  const { log, clock, scheduler, logger } = ports
  const book = createDelegationBook()
  /** ended at this moment, whether it is logged yet or not */
  const ending = new Map<string, Pick<Delegation, 'endedAt' | 'endReason'>>()
  let tail: Promise<unknown> = Promise.resolve()
  let cancelTimer = () => {}

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = tail.then(task)
    tail = turn.catch(() => {})
    return turn
  }
  const append = async (draft: Parameters<TransparencyLog['append']>[0]): Promise<void> => {
    const { index } = await log.append(draft)
    book.apply(logEntry.parse(JSON.parse(Buffer.from(await log.entry(index)).toString())))
  }
  const asItIs = (delegation: Delegation): Delegation => ({ ...delegation, ...ending.get(delegation.id) })
  const standing = (): Delegation[] => book.all().filter(({ id, endedAt }) => endedAt === undefined && !ending.has(id))
  const told = ({ delegator, delegate }: Delegation): void => ports.onChanged([delegator.sub, delegate.sub])

  /** In this turn of the event loop nothing is decided by it any more. */
  function cut(delegation: Delegation, endReason: DelegationEndReason): Promise<void> {
    const { id, delegator, delegate } = delegation
    ending.set(id, { endedAt: timestampOf(clock.now()), endReason })
    return inTurn(async () => {
      await append({ kind: 'delegation.ended', delegation: id, delegator: delegator.sub, delegate: delegate.sub, reason: endReason })
      ending.delete(id)
      told(delegation)
    })
  }
  const cutAlone = (delegation: Delegation, reason: DelegationEndReason): void => {
    cut(delegation, reason).catch((error: unknown) => logger.error({ err: error }, 'the end of a delegation could not be logged'))
  }

  /** Ends what is over, and comes back when the next one will be. */
  function watch(): void {
    cancelTimer()
    const now = clock.now().getTime()
    for (const delegation of standing()) if (Date.parse(delegation.until) <= now) cutAlone(delegation, 'time-over')
    const next = Math.min(...standing().map(({ until }) => Date.parse(until)))
    cancelTimer = Number.isFinite(next) ? scheduler.after(Math.min(next - now + 1, longestTimerMs), watch) : () => {}
  }

  function lostGround(delegation: Delegation): DelegationEndReason | undefined {
    const [delegator, delegate] = [ports.personNow(delegation.delegator.sub), ports.personNow(delegation.delegate.sub)]
    const keeps = delegator?.roles.includes('reviewer') && delegation.groups.every((group) => delegator.groups.includes(group))
    if (!keeps) return 'groups-lost'
    return delegate?.roles.includes('reviewer') ? undefined : 'delegate-lost-role'
  }

  return {
    listener: { mark: '"kind":"delegation.', note: (entry) => book.apply(entry) },

    async resume() {
      for (const delegation of standing()) {
        const reason = lostGround(delegation)
        if (reason) await cut(delegation, reason)
      }
      watch()
    },

    list({ sub, roles }) {
      const all = roles.includes('auditor') || roles.includes('administrator')
      return book
        .all()
        .map(asItIs)
        .filter(({ delegator, delegate }) => all || delegator.sub === sub || delegate.sub === sub)
    },

    delegates: ({ sub: own }) =>
      [...ports.people()]
        .filter(({ sub, roles }) => sub !== own && roles.includes('reviewer'))
        .map(({ sub, name }) => ({ sub, name }))
        .toSorted((one, other) => one.name.localeCompare(other.name)),

    give: ({ person, keyThumbprint: proven }, request) =>
      inTurn(async () => {
        const { input } = request
        const now = clock.now()
        const given = standing().filter(({ delegator }) => delegator.sub === person.sub)
        const delegate = ports.personNow(input.delegate)
        const problem = problemOfGiving(input, { delegator: person, delegate, standing: given, now })
        if (problem !== undefined || !delegate) throw new AppError('DELEGATION_INVALID', { problem: problem ?? 'nobody is named' })
        if (given.length >= mostStanding)
          throw new AppError('CONFLICT', { problem: `You have named somebody ${given.length} times already` })
        if (book.find(input.delegation)) throw new AppError('CONFLICT', { problem: 'This was sent before' })
        const unsigned = problemOfSigning(person, request, proven, now)
        if (unsigned !== undefined) throw new AppError('APPROVAL_SIGNATURE_INVALID', { problem: unsigned })
        await append({
          kind: 'delegation.given',
          delegation: input.delegation,
          delegator: { sub: person.sub, name: person.name },
          delegate: { sub: delegate.sub, name: delegate.name },
          digest: delegationDigest(input),
          input,
          signedAt: request.at,
          signature: request.signature,
          key: request.key,
        })
        const delegation = book.find(input.delegation)
        if (!delegation) throw new Error('what was logged is not in the book')
        watch()
        told(delegation)
        return delegation
      }),

    async end({ sub }, id) {
      const delegation = book.find(id)
      if (!delegation || (delegation.delegator.sub !== sub && delegation.delegate.sub !== sub)) {
        throw new AppError('NOT_FOUND', { what: 'Your delegation' })
      }
      if (asItIs(delegation).endedAt !== undefined) throw new AppError('CONFLICT', { problem: 'It has ended already' })
      await cut(delegation, delegation.delegator.sub === sub ? 'taken-back' : 'given-back')
      return book.find(id) ?? delegation
    },

    find: (id) => {
      const delegation = book.find(id)
      return delegation && asItIs(delegation)
    },
    receivedBy: (sub) => standing().filter(({ delegate }) => delegate.sub === sub),

    personChanged({ sub }) {
      for (const delegation of standing()) {
        if (delegation.delegator.sub !== sub && delegation.delegate.sub !== sub) continue
        const reason = lostGround(delegation)
        if (reason) cutAlone(delegation, reason)
      }
    },

    close: () => cancelTimer(),
  }
}

/** As with a vote: by the key of the delegator's own sign-in, just now. */
function problemOfSigning(person: Person, { input, at, signature, key }: DelegationRequest, proven: string, now: Date): string | undefined {
  if (!timestamp.safeParse(at).success) return 'its time is not well formed'
  if (Math.abs(Date.parse(at) - now.getTime()) > voteClockToleranceMs) return 'its time is more than two minutes off'
  if (keyThumbprint(key) !== proven) return 'its key is not the key of your sign-in'
  const text = delegationText({ delegation: input.delegation, digest: delegationDigest(input), sub: person.sub, at })
  return verifySignedText(key, text, signature) ? undefined : 'it does not fit what it signs'
}
