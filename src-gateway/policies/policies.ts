import type { Masking } from '../../src-core/masking/load-masking.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { policyVersion as policyVersionSchema, type DocumentProblem, type PolicyVersion } from '../../src-protocol/model.ts'
import type { StateDatabase } from '../state/state-database.ts'
import { checkDocument, describeProblems, loadDocument, type DocumentKind, type LoadedDocument } from './document-version.ts'

export interface Policies {
  /** for every message anew: a version that was just put in force counts at once */
  inForce(): { policy: Policy; masking: Masking }
  list(): Promise<PolicyVersion[]>
  check(kind: DocumentKind, text: string): Promise<DocumentProblem[]>
  /** @throws AppError POLICY_INVALID, MASKING_INVALID; the version in force then stays */
  activate(kind: DocumentKind, text: string, author: string): Promise<PolicyVersion>
  /** at start: what was in force when the gateway stopped; false if there was none. @throws AppError POLICY_INVALID, MASKING_INVALID */
  restore(kind: DocumentKind): Promise<boolean>
  /** a document's file has this content: it counts if it is another than the one last seen there */
  fileRead(kind: DocumentKind, text: string, file: string): Promise<void>
}

export interface PoliciesPorts {
  database: StateDatabase
  log: TransparencyLog
  clock: Clock
  onActivated: (kind: DocumentKind, version: string) => void
}

/** who put a version in force that was in force when the gateway stopped */
const restoredAtStart = 'gateway start'

const invalid = { policy: 'POLICY_INVALID', masking: 'MASKING_INVALID' } as const

type Usable = Extract<LoadedDocument, { ok: true }>

/**
 * The documents that rule, and every earlier version of them. A version is its text: nothing is updated in place.
 * `restore` or `fileRead` must have been called for both kinds before the first message is decided.
 */
export function createPolicies({ database, log, clock, onActivated }: PoliciesPorts): Policies {
  let policy: Policy | undefined
  let masking: Masking | undefined
  /** one change at a time, in the order in which they were asked for */
  let tail: Promise<unknown> = Promise.resolve()
  const inOrder = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = tail.then(task)
    tail = turn.catch(() => {})
    return turn
  }

  const use = (loaded: Usable) => {
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
    const errors = (await checkDocument(kind, text)).filter(({ severity }) => severity !== 'warning')
    if (errors.length > 0) throw new AppError(invalid[kind], { problem: describeProblems(errors) })
    return usable(kind, text)
  }

  /** Logged, stored, then in force: what rules is always something that can be proved and shown. */
  async function putInForce(loaded: Usable, text: string, author: string): Promise<PolicyVersion> {
    const { kind, version } = loaded
    await log.append({ kind: 'policy.version', document: kind, version, author })
    const at = timestampOf(clock.now())
    await database
      .insertInto('policy_versions')
      .values({ kind, version, text, author, at, active: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await database
      .updateTable('policy_versions')
      .set((expression) => ({ active: expression.case().when('version', '=', version).then(1).else(0).end() }))
      .where('kind', '=', kind)
      .execute()
    use(loaded)
    onActivated(kind, version)
    const row = await database
      .selectFrom('policy_versions')
      .selectAll()
      .where('kind', '=', kind)
      .where('version', '=', version)
      .executeTakeFirstOrThrow()
    return toVersion(row)
  }

  async function takeOver(kind: DocumentKind, text: string, file: string): Promise<void> {
    const loaded = await checked(kind, text)
    const seen = await database.selectFrom('policy_files').select('version').where('kind', '=', kind).executeTakeFirst()
    // the file is as it was: what an administrator put in force since then stays in force
    if ((kind === 'policy' ? policy : masking) !== undefined && seen?.version === loaded.version) return
    await putInForce(loaded, text, file)
    await database
      .insertInto('policy_files')
      .values({ kind, version: loaded.version })
      .onConflict((conflict) => conflict.column('kind').doUpdateSet({ version: loaded.version }))
      .execute()
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

    check: checkDocument,

    restore: (kind) =>
      inOrder(async () => {
        const active = await database
          .selectFrom('policy_versions')
          .select(['text', 'version'])
          .where('kind', '=', kind)
          .where('active', '=', 1)
          .executeTakeFirst()
        if (!active) return false
        const loaded = await usable(kind, active.text)
        // whoever can write the state must not rule by it: a changed text is noticed here, another version stands in the log from now on
        if (loaded.version !== active.version) {
          const problem = 'the stored text is not the one that was put in force: the state of the gateway was changed'
          throw new AppError(invalid[kind], { problem })
        }
        await log.append({ kind: 'policy.version', document: kind, version: loaded.version, author: restoredAtStart })
        use(loaded)
        return true
      }),

    activate: (kind, text, author) => inOrder(async () => putInForce(await checked(kind, text), text, author)),
    fileRead: (kind, text, file) => inOrder(() => takeOver(kind, text, file)),
  }
}

const toVersion = (row: { kind: string; version: string; text: string; author: string; at: string; active: number }): PolicyVersion =>
  policyVersionSchema.parse({ ...row, active: row.active === 1 })
