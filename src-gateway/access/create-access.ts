import { currentGrant, explainStanding } from '../../src-core/access/explain-standing.ts'
import { isForPerson } from '../../src-core/access/judge-access.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { AccessEndReason, AccessGrant } from '../../src-protocol/access.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { connectionName } from '../../src-protocol/ids.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { GroupMembership } from '../approvals/group-membership.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { Access } from './access.ts'
import { mayEndGrant, maySeeGrant, maySeeRequest } from './access-audience.ts'
import { createAccessEntries } from './access-entries.ts'
import { createAccessRequests } from './access-requests.ts'
import { createAccessRules } from './access-rules.ts'

export interface AccessPorts {
  log: Pick<TransparencyLog, 'append' | 'entry'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  findConnection(name: string): Promise<Connection | undefined>
  /** with the groups that the identity provider named last, and the roles that they give */
  personNow(sub: string): Person | undefined
  membership: Pick<GroupMembership, 'since'>
  /** Cuts the sessions that began under the grant, in this turn of the event loop. */
  onEnded(grant: AccessGrant, error: AppError): void
  /** A connection is guarded from now on: sessions that began under no grant lose their ground. */
  onDemanded(connection: string, error: AppError): void
  onChanged(): void
}

/** timers are no longer than this; what is due later is looked at again */
const longestTimerMs = 24 * 60 * 60 * 1000

/**
 * Access from request to end. One change at a time; what gives access is in the log before it counts, what takes it away counts at once and is
 * logged then.
 */
export function createAccess(ports: AccessPorts): Access {
  const { clock, scheduler, logger } = ports
  const personNow = (sub: string) => ports.personNow(sub)
  const entries = createAccessEntries(ports.log)
  const { book } = entries
  /** grants that end at this moment: they are used no more, whether their end is logged yet or not */
  const ending = new Set<string>()
  const timers = new Map<string, () => void>()
  let tail: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = tail.then(task).finally(() => ports.onChanged())
    tail = turn.catch(() => {})
    return turn
  }
  /** For what nobody waits for. */
  const inTurnAlone = (task: () => Promise<void>): void => {
    inTurn(task).catch((error: unknown) => logger.error({ err: error }, 'a change of access could not be logged'))
  }

  const stands = ({ id }: AccessGrant): boolean => !ending.has(id)
  const running = (): AccessGrant[] => book.grants().filter((grant) => grant.endedAt === undefined && stands(grant))

  /** Nothing passes any more from this moment on. */
  function cut(grant: AccessGrant, reason: AccessEndReason, because?: string): void {
    ending.add(grant.id)
    timers.get(grant.id)?.()
    timers.delete(grant.id)
    ports.onEnded(grant, endError(grant.connection, reason, because))
  }

  async function logEnd(grant: AccessGrant, reason: AccessEndReason, by?: string, because?: string): Promise<void> {
    await entries.append({
      kind: 'access.ended',
      grant: grant.id,
      person: grant.person.sub,
      connection: grant.connection,
      reason,
      ...(by !== undefined && { by }),
      ...(because !== undefined && because !== '' && { because }),
    })
    ending.delete(grant.id)
  }

  async function endGrant(grant: AccessGrant, reason: AccessEndReason, by?: string, because?: string): Promise<void> {
    if (book.grant(grant.id)?.endedAt !== undefined || ending.has(grant.id)) return
    cut(grant, reason, because)
    await logEnd(grant, reason, by, because)
  }

  function lookAt(id: string, moment: string, due: () => void): void {
    timers.get(id)?.()
    const milliseconds = Math.max(0, Date.parse(moment) - clock.now().getTime())
    const look = () => {
      timers.delete(id)
      if (Date.parse(moment) > clock.now().getTime()) lookAt(id, moment, due)
      else due()
    }
    timers.set(id, scheduler.after(Math.min(milliseconds, longestTimerMs), look))
  }

  const watchGrant = (grant: AccessGrant): void =>
    lookAt(grant.id, grant.endsAt, () => {
      if (ending.has(grant.id)) return
      cut(grant, 'time-over')
      inTurnAlone(() => logEnd(grant, 'time-over'))
    })

  const requests = createAccessRequests({
    entries,
    clock,
    membership: ports.membership,
    personNow,
    findConnection: (name) => ports.findConnection(name),
    granted: watchGrant,
    watch: (request) => lookAt(request.id, request.decideBy, () => inTurnAlone(() => requests.expire(request.id))),
    unwatch(id) {
      timers.get(id)?.()
      timers.delete(id)
    },
  })
  const rules = createAccessRules({
    entries,
    clock,
    findConnection: (name) => ports.findConnection(name),
    personNow,
    endGrant,
    voidRequest: (request, because) => requests.settle(request, 'void', { because }),
    demanded: (connection) => ports.onDemanded(connection, endError(connection, 'rule-changed')),
  })

  const approversOf = (grant: AccessGrant): readonly string[] => book.rule(grant.rule)?.terms.approvers ?? []
  const standingOf = (person: Person, connection: Connection) => explainStanding({ connection, person, book, now: clock.now(), stands })

  return {
    listener: { mark: '"kind":"access.', note: (entry) => book.apply(entry) },

    async resume() {
      for (const grant of running()) {
        const person = personNow(grant.person.sub)
        const rule = book.rule(grant.rule)
        if (Date.parse(grant.endsAt) <= clock.now().getTime()) await endGrant(grant, 'time-over')
        else if (!rule || !person || !isForPerson(rule.terms, person)) await endGrant(grant, rule ? 'groups-lost' : 'rule-removed')
        else watchGrant(grant)
      }
      await requests.resume()
    },

    rules: () => book.rules(),
    createRule: (terms, by) => inTurn(() => rules.create(terms, by)),
    changeRule: (id, terms, before, by) => inTurn(() => rules.change(id, terms, before, by)),
    removeRule: (id, by) => inTurn(() => rules.remove(id, by)),

    overview: (viewer) => ({
      requests: book.requests().filter((request) => maySeeRequest(viewer, request)),
      grants: book.grants().filter((grant) => maySeeGrant(viewer, grant, approversOf(grant))),
    }),
    grants: () => book.grants(),
    standings: (person, connections) => Object.fromEntries(connections.map((one) => [one.name, standingOf(person, one)])),
    reach: (person, connections) =>
      connections.map((one) => ({ connection: one.name, title: one.title, standing: standingOf(person, one) })),

    ask: (person, ask) => inTurn(() => requests.ask(person, ask)),
    decide: (signedIn, id, request) => inTurn(() => requests.decide(signedIn, id, request)),
    withdraw: (person, id) => inTurn(() => requests.withdraw(person, id)),

    end(person, id, reason) {
      const grant = book.grant(id)
      if (!grant || !maySeeGrant(person, grant, approversOf(grant))) throw new AppError('NOT_FOUND', { what: 'The access' })
      if (!mayEndGrant(person, grant, approversOf(grant))) throw new AppError('FORBIDDEN', { needed: 'the role administrator' })
      if (grant.endedAt !== undefined || ending.has(id)) throw new AppError('CONFLICT', { problem: 'The access has ended already' })
      const own = person.sub === grant.person.sub
      if (!own && reason.length < 3) throw new AppError('REASON_REQUIRED')
      const end = own ? 'returned' : 'revoked'
      // at once, whatever else is under way
      cut(grant, end, reason)
      return inTurn(async () => {
        await logEnd(grant, end, person.sub, reason)
        return book.grant(id) ?? grant
      })
    },

    admit(person, { name }) {
      const guarded = book.rules(name).length > 0
      if (!guarded) return { ok: true }
      const grant = currentGrant(book, person, name, clock.now(), stands)
      if (grant) return { ok: true, grant }
      const waits = requests.pendingOf(person.sub, name)
      const problem = waits ? 'your request waits for a reviewer.' : 'none is granted at this moment.'
      return { ok: false, error: new AppError('ACCESS_NEEDED', { connection: name, problem }) }
    },

    mayGoOn({ grant: id, connection, person }) {
      const rule = book.rules(connection)
      if (id === undefined) return rule.length === 0
      const grant = book.grant(id)
      const terms = grant && book.rule(grant.rule)?.terms
      const theirs = grant?.connection === connection && grant.person.sub === person.sub && grant.endedAt === undefined && stands(grant)
      return theirs && Date.parse(grant.endsAt) > clock.now().getTime() && terms !== undefined && isForPerson(terms, person)
    },

    grant: (id) => book.grant(id),

    personChanged(person) {
      for (const grant of running()) {
        if (grant.person.sub !== person.sub) continue
        const rule = book.rule(grant.rule)
        if (rule && isForPerson(rule.terms, person)) continue
        cut(grant, 'groups-lost')
        inTurnAlone(() => logEnd(grant, 'groups-lost'))
      }
      // what the connection's own groups say is looked up, so it takes a turn; its sessions end without it
      inTurnAlone(async () => {
        for (const grant of running().filter((one) => one.person.sub === person.sub)) {
          const connection = await ports.findConnection(grant.connection)
          if (!connection || !mayUseConnection(person, connection)) await endGrant(grant, 'groups-lost')
        }
        await requests.personChanged(person)
      })
    },

    connectionRemoved: (name, by) =>
      inTurn(async () => {
        for (const { id } of book.rules(name))
          await entries.append({ kind: 'access.rule-removed', rule: id, connection: connectionName.parse(name), by: by.sub })
        for (const grant of running()) if (grant.connection === name) await endGrant(grant, 'connection-removed', by.sub)
        await requests.connectionRemoved(name)
      }),

    close() {
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }
}

const endWords: Record<AccessEndReason, string> = {
  'time-over': 'its time is over',
  returned: 'you gave it back',
  revoked: 'it was revoked',
  'groups-lost': 'you are no longer in the groups that it is for',
  'rule-changed': 'the rules for this connection were changed',
  'rule-removed': 'the rule that gave it was removed',
  'connection-removed': 'the connection was removed',
}

const endError = (connection: string, reason: AccessEndReason, because?: string): AppError => {
  const words = endWords[reason]
  return new AppError('ACCESS_ENDED', { connection, reason: because && reason === 'revoked' ? `${words} (${because})` : words })
}
