import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { randomText } from '../../src-node/random-id.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { policyProposal, type PolicyProposal } from '../../src-protocol/policy-proposal.ts'
import type { PolicyProposalRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'
import type { DocumentKind } from './document-version.ts'
import type { LoggedDocuments } from './logged-documents.ts'

/** Who proposes or decides: a person, or `file NAME`, which is both. */
export interface Actor {
  sub: string
  name: string
}

/** What is proposed: never changed, only decided. */
export interface ProposedVersion extends Pick<PolicyProposal, 'version' | 'text' | 'message' | 'base'> {
  kind: DocumentKind
  author: Actor
}

/** Versions that wait for a second administrator, kept in the state. Whoever calls sees to it that one call comes after the other. */
export interface PolicyProposals {
  /** those that wait, then the newest of those that do not any more */
  list(): Promise<PolicyProposal[]>
  /** @throws AppError CONFLICT (the author has proposed it already, or too many wait) */
  propose(proposed: ProposedVersion): Promise<PolicyProposal>
  /** one that can still be decided. @throws AppError NOT_FOUND, PROPOSAL_NOT_OPEN */
  waiting(id: string): Promise<PolicyProposal>
  /** logged first, with its reason */
  refuse(proposal: PolicyProposal, state: 'rejected' | 'withdrawn', by: Actor, reason: string): Promise<PolicyProposal>
  /** @throws AppError PROPOSAL_NOT_OPEN if the log knows nothing of it, or knows it as another one */
  assertLogged(proposal: PolicyProposal): void
  activated(id: string, by: Actor): Promise<void>
  /** another version rules: what was proposed against an earlier one has to be proposed again, also if that one comes back */
  superseded(kind: DocumentKind, inForce: string): Promise<void>
}

const expiresAfterMs = 7 * 24 * 60 * 60 * 1000
/** Of each kind: each of them is a text that can be long. */
const mostWaiting = 20
const mostDecidedListed = 10

export function createPolicyProposals({
  database,
  log,
  logged,
  clock,
}: {
  database: StateDatabase
  log: TransparencyLog
  logged: LoggedDocuments
  clock: Clock
}): PolicyProposals {
  const now = () => timestampOf(clock.now())

  /** Written down when it is noticed: a clock that is set back revives nothing. */
  async function expire(): Promise<void> {
    await database
      .updateTable('policy_proposals')
      .set({ state: 'expired' })
      .where('state', '=', 'open')
      .where('expires_at', '<=', now())
      .execute()
  }

  async function find(id: string): Promise<PolicyProposal> {
    await expire()
    const row = await database.selectFrom('policy_proposals').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) throw new AppError('NOT_FOUND', { what: 'The proposal' })
    return toProposal(row)
  }

  async function waitingOf(kind: DocumentKind): Promise<PolicyProposal[]> {
    await expire()
    const rows = await database.selectFrom('policy_proposals').selectAll().where('kind', '=', kind).where('state', '=', 'open').execute()
    return rows.map(toProposal)
  }

  async function decided(id: string, state: PolicyProposal['state'], by: Actor, reason?: string): Promise<void> {
    await database
      .updateTable('policy_proposals')
      .set({ state, decided_by_sub: by.sub, decided_by_name: by.name, decided_at: now(), reason: reason ?? null })
      .where('id', '=', id)
      .where('state', '=', 'open')
      .execute()
  }

  return {
    async list() {
      await expire()
      const all = () => database.selectFrom('policy_proposals').selectAll().orderBy('at', 'desc').orderBy('id')
      const open = await all().where('state', '=', 'open').execute()
      const over = await all().where('state', '!=', 'open').limit(mostDecidedListed).execute()
      return [...open, ...over].map(toProposal)
    },

    async propose({ kind, version, text, message, base, author }) {
      const others = await waitingOf(kind)
      if (others.some((other) => other.version === version && other.author.sub === author.sub)) {
        throw new AppError('CONFLICT', { problem: 'You have proposed this version already' })
      }
      if (others.length >= mostWaiting) {
        throw new AppError('CONFLICT', { problem: `${mostWaiting} proposals wait already: decide or withdraw some` })
      }
      const id = `prp_${randomText(16)}`
      const proposal = policyProposal.parse({
        id,
        kind,
        text,
        version,
        message,
        author,
        at: now(),
        expiresAt: timestampOf(new Date(clock.now().getTime() + expiresAfterMs)),
        base,
        state: 'open',
      })
      const proposed = { kind: 'policy.proposed', proposal: proposal.id, document: kind, version, base, author: author.sub } as const
      await log.append({ ...proposed, message })
      logged.note(proposed)
      await database
        .insertInto('policy_proposals')
        .values({
          id,
          kind,
          version,
          text,
          message,
          author_sub: author.sub,
          author_name: author.name,
          at: proposal.at,
          expires_at: proposal.expiresAt,
          base,
          state: 'open',
          decided_by_sub: null,
          decided_by_name: null,
          decided_at: null,
          reason: null,
        })
        .execute()
      return proposal
    },

    async waiting(id) {
      const proposal = await find(id)
      if (proposal.state !== 'open') throw new AppError('PROPOSAL_NOT_OPEN', { state: words[proposal.state] })
      return proposal
    },

    async refuse({ id, kind, version, author }, state, by, reason) {
      const entry = state === 'rejected' ? 'policy.rejected' : 'policy.withdrawn'
      await log.append({ kind: entry, proposal: id, document: kind, version, author: author.sub, by: by.sub, reason })
      logged.note({ kind: entry, proposal: id })
      await decided(id, state, by, reason)
      return find(id)
    },

    assertLogged({ id, kind, version, base, author }) {
      const proposed = logged.proposal(id)
      const fits = proposed?.document === kind && proposed.version === version && proposed.base === base && proposed.author === author.sub
      if (!fits || base !== logged.inForce(kind)) throw new AppError('PROPOSAL_NOT_OPEN', { state: notAsLogged })
    },

    activated: (id, by) => decided(id, 'activated', by),

    async superseded(kind, inForce) {
      await database
        .updateTable('policy_proposals')
        .set({ state: 'stale' })
        .where('kind', '=', kind)
        .where('state', '=', 'open')
        .where('base', '!=', inForce)
        .execute()
    },
  }
}

const notAsLogged = 'not what the log says was proposed: the state of the gateway was changed'
/** in the sentence of PROPOSAL_NOT_OPEN */
const words: Record<Exclude<PolicyProposal['state'], 'open'>, string> = {
  activated: 'activated already',
  rejected: 'rejected',
  withdrawn: 'withdrawn',
  expired: 'more than seven days old',
  stale: 'stale: another version came into force since',
}

const toProposal = (row: PolicyProposalRow): PolicyProposal =>
  policyProposal.parse({
    id: row.id,
    kind: row.kind,
    text: row.text,
    version: row.version,
    message: row.message,
    author: { sub: row.author_sub, name: row.author_name },
    at: row.at,
    expiresAt: row.expires_at,
    base: row.base,
    state: row.state,
    ...(row.decided_by_sub !== null && { decidedBy: { sub: row.decided_by_sub, name: row.decided_by_name ?? row.decided_by_sub } }),
    ...(row.decided_at !== null && { decidedAt: row.decided_at }),
    ...(row.reason !== null && { reason: row.reason }),
  })
