import { accessDigest } from '../../src-core/access/access-digest.ts'
import { grantEnd, isForPerson, judgeAsk } from '../../src-core/access/judge-access.ts'
import { problemOfSignature, wasMemberAt } from '../../src-core/approval/check-signed-decision.ts'
import { isSamePerson } from '../../src-core/approval/same-person.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import { randomText } from '../../src-node/random-id.ts'
import type { AccessAsk, AccessDigestInput, AccessGrant, AccessRequest, AccessRequestState } from '../../src-protocol/access.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { VoteRequest } from '../../src-protocol/http-requests.ts'
import type { AccessGrantId, AccessRequestId } from '../../src-protocol/ids.ts'
import type { Connection, Person, Vote } from '../../src-protocol/model.ts'
import type { GroupMembership } from '../approvals/group-membership.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { SignedIn } from '../identity/identity.ts'
import { maySeeRequest } from './access-audience.ts'
import type { AccessEntries } from './access-entries.ts'

export interface AccessRequestsPorts {
  entries: AccessEntries
  clock: Clock
  membership: Pick<GroupMembership, 'since'>
  personNow(sub: string): Person | undefined
  findConnection(name: string): Promise<Connection | undefined>
  granted(grant: AccessGrant): void
  /** tells when its time to be decided is over */
  watch(request: AccessRequest): void
  unwatch(id: string): void
}

/** A working day: a request that nobody looked at by then is asked for again. */
const decideWithinMs = 8 * 60 * 60 * 1000
/** of one person for one connection: whoever asks in a loop must not drown the reviewers */
const mostAsked = 6
const askedWithinMs = 60 * 60 * 1000

/** Requests from asking to their decision. Whoever calls sees to it that one call comes after the other. */
export function createAccessRequests(ports: AccessRequestsPorts) {
  const { clock, entries, membership } = ports
  const { book, append } = entries

  const pendingOf = (sub: string, connection: string): AccessRequest | undefined =>
    book.requests().find((request) => request.state === 'pending' && request.requester.sub === sub && request.connection === connection)

  async function settle(
    request: AccessRequest,
    state: 'denied' | 'expired' | 'withdrawn' | 'void',
    more: { vote?: Vote; because?: string } = {},
  ): Promise<AccessRequest> {
    ports.unwatch(request.id)
    const { id, digest, requester, connection } = request
    await append({ kind: 'access.settled', request: id, digest, person: requester.sub, connection, state, ...more })
    return find(id)
  }

  function find(id: string): AccessRequest {
    const request = book.request(id)
    if (!request) throw new AppError('NOT_FOUND', { what: 'The request for access' })
    return request
  }

  /** Its connection, if the person may use it: whoever may not does not learn that it exists. */
  async function usable(person: Person, name: string): Promise<Connection> {
    const connection = await ports.findConnection(name)
    if (!connection || !mayUseConnection(person, connection)) throw new AppError('NOT_FOUND', { what: 'The access rule' })
    if (connection.altered) throw new AppError('CONNECTION_ALTERED', { connection: name })
    return connection
  }

  async function grant(request: AccessRequest, endsAt: Date, vote?: Vote): Promise<AccessRequest> {
    ports.unwatch(request.id)
    const { id, digest, requester, connection } = request
    const given = `acg_${randomText(16)}` as AccessGrantId
    await append({
      kind: 'access.granted',
      request: id,
      digest,
      grant: given,
      person: requester.sub,
      connection,
      startsAt: timestampOf(clock.now()),
      endsAt: timestampOf(endsAt),
      ...(vote && { vote }),
    })
    const granted = book.grant(given)
    if (granted) ports.granted(granted)
    return find(id)
  }

  function assertNotTooOften(sub: string, connection: string): void {
    const since = clock.now().getTime() - askedWithinMs
    const theirs = book.requests().filter((request) => request.requester.sub === sub && request.connection === connection)
    const recent = theirs.filter(({ requestedAt, digestInput }) => digestInput.approvers.length > 0 && Date.parse(requestedAt) > since)
    if (recent.length < mostAsked) return
    throw new AppError('CONFLICT', { problem: `You asked for ${connection} ${recent.length} times within the last hour` })
  }

  async function decideApproved(request: AccessRequest, vote: Vote): Promise<AccessRequest> {
    const { requester, digestInput, minutes, reason, ticket } = request
    const rule = book.rule(digestInput.rule)
    const person = ports.personNow(requester.sub)
    if (!rule || rule.version !== digestInput.ruleVersion) return settle(request, 'void', { because: 'the rule was changed' })
    if (!person) return settle(request, 'void', { because: 'nobody knows who asked' })
    const judged = judgeAsk(rule.terms, { minutes, reason, ticket }, person, clock.now())
    if (judged.ok) return grant(request, grantEnd(minutes, judged.closesAt, clock.now()), vote)
    // it may open again while the request waits
    if (judged.reason === 'outside-window') throw judged.error
    return settle(request, 'void', { because: 'who asked may not have it any more' })
  }

  return {
    pendingOf,
    settle: async (...input: Parameters<typeof settle>) => void (await settle(...input)),

    async ask(person: Person, { rule: id, minutes, reason, ticket }: AccessAsk): Promise<AccessRequest> {
      const rule = book.rule(id)
      if (!rule) throw new AppError('NOT_FOUND', { what: 'The access rule' })
      const { terms, version } = rule
      await usable(person, terms.connection)
      const now = clock.now()
      const asked = { minutes, reason, ...(ticket !== undefined && ticket !== '' && { ticket }) }
      const judged = judgeAsk(terms, asked, person, now)
      if (!judged.ok) throw judged.error
      if (pendingOf(person.sub, terms.connection)) {
        throw new AppError('CONFLICT', { problem: `Your request for ${terms.connection} waits already` })
      }
      if (terms.approvers.length > 0) assertNotTooOften(person.sub, terms.connection)
      const { sub, name, email, groups } = person
      const input: AccessDigestInput = {
        v: 1,
        request: `acq_${randomText(16)}` as AccessRequestId,
        nonce: randomText(22),
        requester: sub,
        connection: terms.connection,
        rule: id,
        ruleVersion: version,
        ...asked,
        approvers: terms.approvers,
        decideBy: timestampOf(new Date(now.getTime() + decideWithinMs)),
      }
      await append({
        kind: 'access.requested',
        request: input.request,
        requester: { sub, name, groups, ...(email !== undefined && { email }) },
        ruleTitle: terms.title,
        digest: accessDigest(input),
        input,
      })
      const request = find(input.request)
      if (terms.approvers.length === 0) return grant(request, grantEnd(minutes, judged.closesAt, now))
      ports.watch(request)
      return request
    },

    async decide({ person, keyThumbprint }: SignedIn, id: AccessRequestId, vote: VoteRequest): Promise<AccessRequest> {
      const request = find(id)
      if (!maySeeRequest(person, request)) throw new AppError('NOT_FOUND', { what: 'The request for access' })
      if (request.state === 'pending' && Date.parse(request.decideBy) <= clock.now().getTime()) await settle(request, 'expired')
      const { state } = find(id)
      if (state !== 'pending') throw new AppError('ACCESS_REQUEST_NOT_PENDING', { request: id, state: words[state] })
      if (isSamePerson(person, request.requester)) throw new AppError('APPROVAL_OWN_REQUEST')
      if (vote.onBehalfOf) throw new AppError('APPROVAL_NOT_DELEGATED', { problem: 'access is decided by its own reviewers' })
      const { approvers } = request.digestInput
      const since = membership.since(person.sub)
      if (!person.roles.includes('reviewer') || !wasMemberAt(approvers, person, since, request.requestedAt)) {
        throw new AppError('APPROVAL_NOT_REVIEWER', { groups: approvers.join(', ') })
      }
      const error = problemOfSignature(request, person, vote, keyThumbprint, clock.now())
      if (error) throw error
      if (vote.decision === 'deny' && vote.reason.trim().length < 3) throw new AppError('REASON_REQUIRED')
      const { decision, reason, at, signature, key } = vote
      const cast: Vote = { person: { sub: person.sub, name: person.name }, decision, reason, at, signature, key }
      return decision === 'approve' ? decideApproved(request, cast) : settle(request, 'denied', { vote: cast })
    },

    async withdraw(person: Person, id: AccessRequestId): Promise<AccessRequest> {
      const request = book.request(id)
      if (request?.requester.sub !== person.sub) throw new AppError('NOT_FOUND', { what: 'Your request for access' })
      if (request.state !== 'pending') throw new AppError('ACCESS_REQUEST_NOT_PENDING', { request: id, state: words[request.state] })
      return settle(request, 'withdrawn')
    },

    async expire(id: string): Promise<void> {
      const request = book.request(id)
      if (request?.state === 'pending') await settle(request, 'expired')
    },

    /** What needs no reviewer was granted when it was asked for: if it still waits, the gateway stopped in between. */
    async resume(): Promise<void> {
      for (const request of book.requests()) {
        if (request.state !== 'pending') continue
        if (request.digestInput.approvers.length === 0) await settle(request, 'void', { because: 'the gateway stopped meanwhile' })
        else if (Date.parse(request.decideBy) <= clock.now().getTime()) await settle(request, 'expired')
        else ports.watch(request)
      }
    },

    async personChanged(person: Person): Promise<void> {
      for (const request of book.requests()) {
        if (request.state !== 'pending' || request.requester.sub !== person.sub) continue
        const rule = book.rule(request.digestInput.rule)
        const connection = await ports.findConnection(request.connection)
        const stays = rule && isForPerson(rule.terms, person) && connection && mayUseConnection(person, connection)
        if (!stays) await settle(request, 'void', { because: 'who asked may not have it any more' })
      }
    },

    async connectionRemoved(name: string): Promise<void> {
      for (const request of book.requests()) {
        if (request.state === 'pending' && request.connection === name)
          await settle(request, 'void', { because: 'the connection was removed' })
      }
    },
  }
}

/** in the sentence of ACCESS_REQUEST_NOT_PENDING */
const words: Record<Exclude<AccessRequestState, 'pending'>, string> = {
  granted: 'granted already',
  denied: 'denied',
  expired: 'too old: nobody decided in time',
  withdrawn: 'withdrawn',
  void: 'void',
}
