import type { Masking } from '../../src-core/masking/load-masking.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import { isSamePerson } from '../../src-core/approval/same-person.ts'
import { documentChange } from '../../src-core/policy/document-change.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DocumentChange } from '../../src-protocol/document-change.ts'
import type { Person } from '../../src-protocol/model.ts'
import { policyVersion as policyVersionSchema, type DocumentProblem, type PolicyVersion } from '../../src-protocol/policy-version.ts'
import type {
  ActivationApprovals,
  ActivationOutcome,
  ActivationRequest,
  PolicyProposal,
  PolicyProposals as ProposalList,
} from '../../src-protocol/policy-proposal.ts'
import type { PolicyVersionRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'
import {
  checkDocument,
  describeProblems,
  loadDocument,
  reviewDocument,
  type DocumentKind,
  type LoadedDocument,
} from './document-version.ts'
import type { LoggedDocuments } from './logged-documents.ts'
import { createPolicyProposals, type Actor } from './policy-proposals.ts'

export interface Policies {
  /** for every message anew: a version that was just put in force counts at once */
  inForce(): { policy: Policy; masking: Masking }
  list(): Promise<PolicyVersion[]>
  /** what is wrong with a draft, and which of its examples hold */
  check(kind: DocumentKind, text: string): Promise<DocumentProblem[]>
  /**
   * Puts a version in force, or proposes it where that takes a second administrator.
   * @throws AppError POLICY_INVALID, MASKING_INVALID, REASON_REQUIRED, CONFLICT; the version in force then stays
   */
  activate(request: ActivationRequest, author: Actor): Promise<ActivationOutcome>
  proposals(): Promise<ProposalList>
  /** @throws AppError NOT_FOUND, PROPOSAL_NOT_OPEN, PROPOSAL_OWN, FORBIDDEN, POLICY_INVALID, MASKING_INVALID */
  activateProposal(id: string, by: Actor): Promise<PolicyVersion>
  /** @throws AppError NOT_FOUND, PROPOSAL_NOT_OPEN, PROPOSAL_OWN, FORBIDDEN */
  rejectProposal(id: string, by: Actor, reason: string): Promise<PolicyProposal>
  /** @throws AppError NOT_FOUND, PROPOSAL_NOT_OPEN, FORBIDDEN */
  withdrawProposal(id: string, by: Actor): Promise<PolicyProposal>
  /** at start: what was in force when the gateway stopped; false if there was none. @throws AppError POLICY_INVALID, MASKING_INVALID */
  restore(kind: DocumentKind): Promise<boolean>
  /** a document's file has this content: it counts, or is proposed, if it is another than the one last seen there */
  fileRead(kind: DocumentKind, text: string, file: string): Promise<'in-force' | 'proposed' | 'unchanged'>
}

export interface PoliciesPorts {
  database: StateDatabase
  log: TransparencyLog
  logged: LoggedDocuments
  clock: Clock
  /** 2: what one administrator proposes, another one puts in force */
  approvals: ActivationApprovals
  /** a person as the identity provider last described them */
  personNow: (sub: string) => Pick<Person, 'roles' | 'email'> | undefined
  /** versions or proposals are others now */
  onChanged: () => void
  onActivated: (kind: DocumentKind, version: string) => void
}

/** Where a version comes from, as its log entry says. */
interface Origin {
  author: string
  approvedBy?: string | undefined
  message?: string | undefined
}

/** who put a version in force that was in force when the gateway stopped */
const restoredAtStart = 'gateway start'
/** why a file ruled although it takes two administrators */
const firstStart = 'No version was in force: at the first start the file counts.'
const fileChanged = 'The file was changed.'

const invalid = { policy: 'POLICY_INVALID', masking: 'MASKING_INVALID' } as const

type Usable = Extract<LoadedDocument, { ok: true }>

/**
 * The documents that rule, and every earlier version of them. A version is its text: nothing is updated in place.
 * `restore` or `fileRead` must have been called for both kinds before the first message is decided.
 */
export function createPolicies(ports: PoliciesPorts): Policies {
  const { database, log, logged, clock, approvals, personNow, onChanged, onActivated } = ports
  const proposals = createPolicyProposals({ database, log, logged, clock })
  let policy: Policy | undefined
  let masking: Masking | undefined
  /** of what is in force: the database could say something else */
  const texts = new Map<DocumentKind, string>()
  /** one change at a time, in the order in which they were asked for */
  let tail: Promise<unknown> = Promise.resolve()
  const inOrder = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = tail.then(task)
    tail = turn.catch(() => {})
    return turn
  }

  const use = (loaded: Usable, text: string) => {
    texts.set(loaded.kind, text)
    if (loaded.kind === 'policy') policy = loaded.document
    else masking = loaded.document
  }

  async function usable(kind: DocumentKind, text: string): Promise<Usable> {
    const loaded = await loadDocument(kind, text)
    if (loaded.ok) return loaded
    throw new AppError(invalid[kind], { problem: describeProblems(loaded.problems) })
  }

  /** What comes into force anew has to be true to its examples. What was in force is restored even if a newer version reads it otherwise. */
  async function checked(kind: DocumentKind, text: string): Promise<Usable> {
    const errors = (await checkDocument(kind, text, { policy, masking })).filter(({ severity }) => severity !== 'warning')
    if (errors.length > 0) throw new AppError(invalid[kind], { problem: describeProblems(errors) })
    return usable(kind, text)
  }

  /** Says in the log which version rules, and remembers it. */
  async function logVersion(entry: { document: DocumentKind; version: string; change?: DocumentChange } & Origin): Promise<void> {
    await log.append({ kind: 'policy.version', ...entry })
    logged.note({ kind: 'policy.version', document: entry.document, version: entry.version })
  }

  /** The log decides which one of the kept versions rules; the mark in the database only says so too. */
  const markActive = (kind: DocumentKind, version: string) =>
    database
      .updateTable('policy_versions')
      .set((expression) => ({ active: expression.case().when('version', '=', version).then(1).else(0).end() }))
      .where('kind', '=', kind)
      .execute()

  /** Kept, logged, then in force: what rules is always something that can be proved and shown, also after a crash in between. */
  async function putInForce(loaded: Usable, text: string, origin: Origin, proposal?: { id: string; by: Actor }): Promise<PolicyVersion> {
    const { kind, version } = loaded
    const { author, approvedBy, message } = origin
    const at = timestampOf(clock.now())
    await database
      .insertInto('policy_versions')
      .values({ kind, version, text, author, at, active: 0, approved_by: approvedBy ?? null, message: message ?? null })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const origins = { ...(approvedBy !== undefined && { approvedBy }), ...(message !== undefined && { message }) }
    const base = current(kind)
    const before = texts.get(kind)
    const change =
      base === undefined || before === undefined || base === version
        ? undefined
        : documentChange(kind, { version: base, text: before }, text)
    await logVersion({ document: kind, version, author, ...origins, ...(change && { change }) })
    await markActive(kind, version)
    use(loaded, text)
    onActivated(kind, version)
    if (proposal) await proposals.activated(proposal.id, proposal.by)
    await proposals.superseded(kind, version)
    onChanged()
    const row = await database
      .selectFrom('policy_versions')
      .selectAll()
      .where('kind', '=', kind)
      .where('version', '=', version)
      .executeTakeFirstOrThrow()
    return toVersion(row)
  }

  const current = (kind: DocumentKind): string | undefined => (kind === 'policy' ? policy : masking)?.version

  async function takeOver(kind: DocumentKind, text: string, file: string): Promise<'in-force' | 'proposed' | 'unchanged'> {
    const loaded = await checked(kind, text)
    const seen = await database.selectFrom('policy_files').select('version').where('kind', '=', kind).executeTakeFirst()
    const base = current(kind)
    // the file is as it was: what an administrator put in force since then stays in force
    if (base !== undefined && seen?.version === loaded.version) return 'unchanged'
    const outcome = await takeOverChanged(loaded, text, file, base)
    await database
      .insertInto('policy_files')
      .values({ kind, version: loaded.version })
      .onConflict((conflict) => conflict.column('kind').doUpdateSet({ version: loaded.version }))
      .execute()
    return outcome
  }

  /** Where it takes two, whoever can write the file proposes by that, and an administrator has to agree. */
  async function takeOverChanged(loaded: Usable, text: string, file: string, base: string | undefined) {
    const { kind, version } = loaded
    if (approvals === 1 || base === undefined) {
      await putInForce(loaded, text, { author: file, ...(approvals === 2 && { message: firstStart }) })
      return 'in-force' as const
    }
    const author = { sub: file, name: file }
    const earlier = (await proposals.list()).filter((one) => one.state === 'open' && one.kind === kind && one.author.sub === file)
    for (const one of earlier) {
      if (one.version !== version || version === base) await proposals.refuse(one, 'withdrawn', author, 'The file was changed again.')
    }
    const waits = version !== base && earlier.some((one) => one.version === version)
    if (version !== base && !waits) await proposals.propose({ kind, version, text, message: fileChanged, base, author })
    onChanged()
    return version === base ? ('unchanged' as const) : ('proposed' as const)
  }

  async function propose({ kind, text, message }: ActivationRequest, author: Actor): Promise<PolicyProposal> {
    if (message === undefined) throw new AppError('REASON_REQUIRED')
    const { version } = await checked(kind, text)
    const base = current(kind)
    if (base === undefined) throw new Error('nothing can be proposed before a version is in force')
    if (version === base) throw new AppError('CONFLICT', { problem: 'This version is in force already' })
    const proposal = await proposals.propose({ kind, version, text, message, base, author: { sub: author.sub, name: author.name } })
    onChanged()
    return proposal
  }

  /** The second administrator: somebody else than the author, and an administrator at this moment, not only when they signed in. */
  async function toDecide(id: string, by: Actor): Promise<PolicyProposal> {
    const proposal = await proposals.waiting(id)
    const accountOf = ({ sub }: { sub: string }) => ({ sub, email: personNow(sub)?.email })
    if (isSamePerson(accountOf(proposal.author), accountOf(by))) throw new AppError('PROPOSAL_OWN')
    assertAdministrator(by)
    return proposal
  }

  function assertAdministrator({ sub }: Actor): void {
    if (!personNow(sub)?.roles.includes('administrator')) throw new AppError('FORBIDDEN', { needed: 'the role administrator' })
  }

  return {
    inForce() {
      if (!policy || !masking) throw new Error('the policy and masking documents were not loaded')
      return { policy, masking }
    },

    async list() {
      const rows = await database.selectFrom('policy_versions').selectAll().orderBy('at', 'desc').orderBy('version').execute()
      return rows.map(toVersion)
    },

    check: (kind, text) => reviewDocument(kind, text, { policy, masking }),

    restore: (kind) =>
      inOrder(async () => {
        const stored = await database.selectFrom('policy_versions').select(['text', 'version']).where('kind', '=', kind).execute()
        const version = logged.inForce(kind)
        if (stored.length === 0 && version === undefined) return false
        // whoever can write the state must not rule by it: which version rules says the log, and its hash says which text that is
        const text = stored.find((one) => one.version === version)?.text
        const loaded = text === undefined ? undefined : await usable(kind, text)
        if (text === undefined || !loaded || loaded.version !== version) {
          const problem = 'the stored text is not the one that was put in force: the state of the gateway was changed'
          throw new AppError(invalid[kind], { problem })
        }
        await logVersion({ document: kind, version, author: restoredAtStart })
        await markActive(kind, version)
        use(loaded, text)
        // the gateway may have stopped between the version and what that makes of proposals
        await proposals.superseded(kind, loaded.version)
        return true
      }),

    activate: (request, author) =>
      inOrder(async () => {
        if (approvals === 2) return { outcome: 'proposed', ...(await propose(request, author)) }
        const { kind, text, message } = request
        return { outcome: 'in-force', ...(await putInForce(await checked(kind, text), text, { author: author.sub, message })) }
      }),

    proposals: async () => ({ approvals, proposals: await proposals.list() }),

    activateProposal: (id, by) =>
      inOrder(async () => {
        const proposal = await toDecide(id, by)
        const { kind, text, version, message, author } = proposal
        proposals.assertLogged(proposal)
        const loaded = await checked(kind, text)
        if (loaded.version !== version) {
          throw new AppError(invalid[kind], {
            problem: 'the stored text is not the one that was proposed: the state of the gateway was changed',
          })
        }
        assertAdministrator(by)
        return putInForce(loaded, text, { author: author.sub, approvedBy: by.sub, message }, { id, by })
      }),

    rejectProposal: (id, by, reason) =>
      inOrder(async () => {
        const rejected = await proposals.refuse(await toDecide(id, by), 'rejected', by, reason)
        onChanged()
        return rejected
      }),

    withdrawProposal: (id, by) =>
      inOrder(async () => {
        const proposal = await proposals.waiting(id)
        if (proposal.author.sub !== by.sub) throw new AppError('FORBIDDEN', { needed: 'to be its author' })
        const withdrawn = await proposals.refuse(proposal, 'withdrawn', by, 'Withdrawn by its author.')
        onChanged()
        return withdrawn
      }),

    fileRead: (kind, text, file) => inOrder(() => takeOver(kind, text, file)),
  }
}

const toVersion = ({ approved_by: approvedBy, message, active, ...row }: PolicyVersionRow): PolicyVersion =>
  policyVersionSchema.parse({
    ...row,
    ...(approvedBy !== null && { approvedBy }),
    ...(message !== null && { message }),
    active: active === 1,
  })
