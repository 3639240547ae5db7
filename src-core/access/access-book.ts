import type { AccessGrant, AccessRequest, AccessRule } from '../../src-protocol/access.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'

/**
 * Rules, requests and grants as the log tells them: every entry is applied once, in order. There is no other place in which they are kept, so that
 * nothing but an entry of the log lets anybody in.
 */
export interface AccessBook {
  /** entries about something else change nothing */
  apply(entry: LogEntry): void
  rules(connection?: string): AccessRule[]
  rule(id: string): AccessRule | undefined
  /** the newest first; of those that are over only the latest are kept */
  requests(): AccessRequest[]
  request(id: string): AccessRequest | undefined
  grants(): AccessGrant[]
  grant(id: string): AccessGrant | undefined
}

/** The log has all of them; what people look at is the latest. */
const keptOver = 500

export function createAccessBook(): AccessBook {
  const rules = new Map<string, AccessRule>()
  const requests = new Map<string, AccessRequest>()
  const grants = new Map<string, AccessGrant>()

  function request({ at, request: id, requester, ruleTitle, digest, input }: Extract<LogEntry, { kind: 'access.requested' }>): void {
    const { connection, minutes, reason, ticket, decideBy } = input
    const shown = { connection, ruleTitle, minutes, reason, ...(ticket !== undefined && { ticket }), requestedAt: at, decideBy }
    requests.set(id, { id, state: 'pending', digest, digestInput: input, requester, ...shown })
    dropOldest(requests, ({ state }) => state !== 'pending')
  }

  function grantAccess({ at, request: id, digest, grant, startsAt, endsAt, vote }: Extract<LogEntry, { kind: 'access.granted' }>): void {
    const asked = requests.get(id)
    if (asked?.state !== 'pending' || asked.digest !== digest) return
    requests.set(id, { ...asked, state: 'granted', settledAt: at, grant, ...(vote && { vote }) })
    const { connection, ruleTitle, reason, ticket, requester, digestInput } = asked
    grants.set(grant, {
      id: grant,
      request: id,
      rule: digestInput.rule,
      ruleTitle,
      connection,
      person: requester,
      reason,
      ...(ticket !== undefined && { ticket }),
      ...(vote && { approvedBy: vote.person }),
      startsAt,
      endsAt,
    })
    dropOldest(grants, ({ endedAt }) => endedAt !== undefined)
  }

  function settle({ at, request: id, state, vote, because }: Extract<LogEntry, { kind: 'access.settled' }>): void {
    const asked = requests.get(id)
    if (asked?.state !== 'pending') return
    requests.set(id, { ...asked, state, settledAt: at, ...(vote && { vote }), ...(because !== undefined && { because }) })
  }

  function end({ at, grant: id, reason, by, because }: Extract<LogEntry, { kind: 'access.ended' }>): void {
    const grant = grants.get(id)
    if (!grant || grant.endedAt !== undefined) return
    const why = { endReason: reason, ...(by !== undefined && { endedBy: by }), ...(because !== undefined && { because }) }
    grants.set(id, { ...grant, endedAt: at, ...why })
  }

  return {
    apply(entry) {
      switch (entry.kind) {
        case 'access.rule':
          rules.set(entry.rule, { id: entry.rule, terms: entry.terms, version: entry.version, by: entry.by, at: entry.at })
          return
        case 'access.rule-removed':
          rules.delete(entry.rule)
          return
        case 'access.requested':
          return request(entry)
        case 'access.granted':
          return grantAccess(entry)
        case 'access.settled':
          return settle(entry)
        case 'access.ended':
          return end(entry)
        default:
      }
    },
    rules(connection) {
      const all = [...rules.values()].toSorted((a, b) => order(a).localeCompare(order(b)))
      return connection === undefined ? all : all.filter(({ terms }) => terms.connection === connection)
    },
    rule: (id) => rules.get(id),
    requests: () => [...requests.values()].toReversed(),
    request: (id) => requests.get(id),
    grants: () => [...grants.values()].toReversed(),
    grant: (id) => grants.get(id),
  }
}

const order = ({ terms, id }: AccessRule): string => `${terms.connection} ${terms.title} ${id}`

function dropOldest<T>(kept: Map<string, T>, isOver: (item: T) => boolean): void {
  if (kept.size <= keptOver) return
  for (const [id, item] of kept) {
    if (!isOver(item)) continue
    kept.delete(id)
    return
  }
}
