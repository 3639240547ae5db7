import { settleApproval } from '../../src-core/approval/approval-state.ts'
import { differenceFromLog } from '../../src-core/approval/compare-with-log.ts'
import { decideExecution } from '../../src-core/approval/decide-execution.ts'
import { decideVote, type VoteFacts } from '../../src-core/approval/decide-vote.ts'
import { fitsItsDigest } from '../../src-core/approval/fits-its-digest.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'
import type { VoteRequest } from '../../src-protocol/http-requests.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { Approval, Person, Vote } from '../../src-protocol/model.ts'
import type { StateDatabase } from '../state/state-database.ts'
import { createApprovalLedger } from './approval-ledger.ts'
import { mayDecide, maySeeApproval, seesOthersApprovals, type StandingIn } from './approval-audience.ts'
import { createApprovalRequest, digestNow, retryKey } from './approval-request.ts'
import { createApprovalStore } from './approval-store.ts'
import type { Approvals, HeldCall } from './approvals.ts'
import type { Delegations } from './delegations.ts'
import { coversCall } from '../../src-core/break-glass/covers-call.ts'
import type { BrokenGlass } from '../break-glass/break-glass.ts'
import { createRunByBrokenGlass } from './run-by-broken-glass.ts'
import type { Identity, SignedIn } from '../identity/identity.ts'
import type { StepUpRequest } from '../identity/step-up-check.ts'
import type { GroupMembership } from './group-membership.ts'
import { createKeyedQueue } from './keyed-queue.ts'
import { recentRequests } from './recent-requests.ts'
import { createRequestLimits, limitsSince } from './request-limits.ts'

export interface ApprovalPorts {
  database: StateDatabase
  log: TransparencyLog
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  policyVersion(): string
  /** with the groups that the identity provider named last, and the roles that they give */
  personNow(sub: string): Person | undefined
  membership: Pick<GroupMembership, 'since'>
  delegations: Pick<Delegations, 'find' | 'receivedBy'>
  push(approval: Approval, to: (person: Person) => boolean): void
  /** what a vote's fresh sign-in proves. @throws AppError STEP_UP_INVALID */
  freshSignIn(idToken: string, request: StepUpRequest): ReturnType<Identity['freshSignIn']>
  /** ends the session that a reported call came from, at once */
  endReported(session: SessionId, by: Person, reason: string): void
  limits: Pick<GatewayConfig['limits'], 'approvalRequests' | 'sameApprovalRequests'>
  breakGlass: BrokenGlass
}

const listedApprovals = 200
const shownSimilar = 5
/** a client that asks in a loop must not drown its reviewers */
const mostOpenPerSession = 20

/**
 * Approvals from request to execution. Each change of one approval is made alone (`queue`), in SQLite by a step that only succeeds from
 * the expected state, and is in the log before anybody acts on it.
 */
export function createApprovals(ports: ApprovalPorts): Approvals {
  const { log, clock, scheduler, logger } = ports
  const store = createApprovalStore(ports.database, (id) => ports.breakGlass.useOf(id))
  const ledger = createApprovalLedger({ log, firstIndexOf: (id) => store.logIndexOf(id) })
  const queue = createKeyedQueue()
  const standingIn: StandingIn = { received: (sub) => ports.delegations.receivedBy(sub), now: () => clock.now() }
  const requestLimits = createRequestLimits({
    clock,
    perPerson: ports.limits.approvalRequests,
    perCall: ports.limits.sameApprovalRequests,
  })
  const timers = new Map<string, () => void>()
  const waiting = new Map<string, Set<(approval: Approval) => void>>()

  const find = async (id: string): Promise<Approval> => {
    const approval = await store.find(id)
    if (!approval) throw new AppError('NOT_FOUND', { what: 'The approval' })
    return approval
  }

  function tell(approval: Approval): void {
    ports.push(
      approval,
      (person) => mayDecide(person, approval, standingIn) || (approval.reported !== undefined && isAdministrator(person)),
    )
    if (approval.state === 'pending') return
    for (const resolve of waiting.get(approval.id) ?? []) resolve(approval)
    waiting.delete(approval.id)
  }

  /** A new state counts once it is stored and logged. @returns nothing if another change came first */
  async function move(before: Approval, after: Approval, altered = false): Promise<{ logIndex: number } | undefined> {
    if (after.state === 'pending' || !(await store.move(before.state, after))) return undefined
    timers.get(after.id)?.()
    timers.delete(after.id)
    const reason = after.voidReason
    const { index } = await log.append({
      kind: 'approval.settled',
      approval: after.id,
      digest: after.digest,
      state: after.state,
      ...(reason !== undefined && { reason }),
      ...(altered && { altered }),
    })
    if (after.state === 'approved') ledger.add(after.id, index)
    else ledger.forget(after.id)
    if (after.state === 'approved' && after.runBy !== undefined) lookAt(after.id, after.runBy)
    tell(after)
    return { logIndex: index }
  }

  /**
   * Brings an approval up to date: time-outs and votes take effect when somebody looks, and at the latest by a timer.
   * @param passed a time that has passed for certain, whatever the clock says: it may have been set back
   */
  async function settle(id: string, passed = 0): Promise<Approval> {
    const before = await find(id)
    const settled = settleApproval(before, new Date(Math.max(clock.now().getTime(), passed)))
    if (settled === before) return before
    const difference = settled.state === 'approved' ? differenceFromLog(settled, await ledger.entries(id)) : undefined
    if (difference !== undefined) return voidAltered(before, difference)
    await move(before, settled)
    return settled
  }

  /** Votes that are in the database alone do not even approve: the log must not say so. */
  async function voidAltered(before: Approval, voidReason: string): Promise<Approval> {
    const { id } = before
    logger.error({ approval: id, reason: voidReason, alarm: 'approval-altered' }, 'an approval is another one in the log: it is void')
    const after: Approval = { ...before, state: 'void', voidReason }
    await move(before, after, true)
    return after
  }

  function lookAt(id: string, deadline: string): void {
    timers.get(id)?.()
    // a moment later, so that the deadline has passed for certain
    const milliseconds = Math.max(0, Date.parse(deadline) - clock.now().getTime()) + 20
    const look = () => {
      timers.delete(id)
      queue(id, () => settle(id, Date.parse(deadline) + 1)).catch((error: unknown) =>
        logger.error({ err: error, approval: id }, 'an approval could not be settled'),
      )
    }
    timers.set(id, scheduler.after(milliseconds, look))
  }

  /** Whether it still is the request that the log has, and shows what was asked: nobody shall decide about anything else. */
  const isGenuine = async (approval: Approval): Promise<boolean> =>
    fitsItsDigest(approval) && (await ledger.requestedDigest(approval.id)) === approval.digest

  /** As it is shown to people, and voted on. @throws AppError NOT_FOUND, APPROVAL_VOID */
  async function genuine(viewer: Person, id: string): Promise<Approval> {
    const approval = await settle(id)
    if (!maySeeApproval(viewer, approval, standingIn)) throw new AppError('NOT_FOUND', { what: 'The approval' })
    if (await isGenuine(approval)) return approval
    if (isOpen(approval)) await voidAltered(approval, alteredRequest)
    throw new AppError('APPROVAL_VOID', { approval: id, reason: alteredRequest })
  }

  const voidOne = (id: string, voidReason: string): Promise<void> =>
    queue(id, async () => {
      const before = await settle(id)
      if (isOpen(before)) await move(before, { ...before, state: 'void', voidReason })
    })

  function standInOf({ onBehalfOf }: VoteRequest): VoteFacts['standIn'] {
    if (!onBehalfOf) return undefined
    const { sub, delegation } = onBehalfOf
    return { delegation: ports.delegations.find(delegation), delegator: ports.personNow(sub), groupsSince: ports.membership.since(sub) }
  }

  /** In the log, then in the database. What follows from it is the caller's. */
  async function castVote(signedIn: SignedIn, id: string, request: VoteRequest): Promise<{ approval: Approval; vote: Vote }> {
    const { person, keyThumbprint } = signedIn
    const approval = await genuine(person, id)
    const groupsSince = ports.membership.since(person.sub)
    const { digest, digestInput } = approval
    const asked = digestInput.stepUp !== undefined && request.stepUp !== undefined
    const freshSignIn = asked ? await ports.freshSignIn(request.stepUp ?? '', { approval: id, digest, keyThumbprint }) : undefined
    const standIn = standInOf(request)
    const accountOf = (sub: string) => ports.personNow(sub) ?? { sub }
    const by = { approval, voter: person, request, keyThumbprint, groupsSince, standIn, accountOf }
    const decided = decideVote({ ...by, freshSignIn, now: clock.now() })
    if (!decided.ok) throw decided.error
    const { vote } = decided
    const { index } = await log.append({ kind: 'approval.vote', approval: approval.id, digest: approval.digest, vote })
    ledger.add(id, index)
    await store.addVote(id, vote)
    return { approval, vote }
  }

  const brokenGlass = createRunByBrokenGlass({ glass: ports.breakGlass, clock, noted: (id, index) => ledger.add(id, index), move })

  async function voidWhere(approvals: Approval[], reason: string): Promise<void> {
    await Promise.all(approvals.map(({ id }) => voidOne(id, reason)))
  }

  async function create(call: HeldCall): Promise<{ approval: Approval; logIndex: number }> {
    const open = await store.open(call.session.id)
    if (open.length >= mostOpenPerSession) {
      throw new AppError('CONFLICT', { problem: `${open.length} calls of this session wait for approval already` })
    }
    requestLimits.admit(call, await store.askedSince(retryKey(call), limitsSince(clock.now())))
    const { rule } = call.decision
    const similar = await store.similar({ connection: call.session.connection, tool: call.tool, rule }, shownSimilar)
    const { session, method, tool } = call
    const offer = ports.breakGlass.offer(session.person, { connection: session.connection, method, tool })
    const approval = createApprovalRequest(call, clock.now(), similar, offer)
    const { id, digest, digestInput } = approval
    const { index } = await log.append({ kind: 'approval.requested', approval: id, digest, input: digestInput })
    ledger.requested(id, index)
    await store.insert(approval, retryKey(call), index)
    lookAt(id, approval.decideBy)
    // reviewers are asked only where somebody has to be
    const run = await brokenGlass.approve(approval)
    if (!run) tell(approval)
    return { approval: run ?? approval, logIndex: index }
  }

  return {
    async list(viewer) {
      const newest = await store.newest(listedApprovals, seesOthersApprovals(viewer) ? undefined : viewer.sub)
      const listed: Approval[] = []
      for (const approval of newest.filter((one) => maySeeApproval(viewer, one, standingIn))) {
        if (!isOpen(approval) || (await isGenuine(approval))) listed.push(approval)
        else await queue(approval.id, () => genuine(viewer, approval.id)).catch(() => {})
      }
      return listed
    },

    get: (viewer, id) => queue(id, () => genuine(viewer, id)),

    vote: (signedIn, id, request) =>
      queue(id, async () => {
        await castVote(signedIn, id, request)
        const after = await settle(id)
        if (after.state === 'pending') tell(after)
        return after
      }),

    async report(signedIn, id, request) {
      if (request.decision !== 'deny') throw new AppError('INVALID_REQUEST', { problem: 'decision: what is reported is denied' })
      if (request.reason.trim() === '') throw new AppError('REASON_REQUIRED')
      const { person } = signedIn
      const reported = await queue(id, async () => {
        const { approval, vote } = await castVote(signedIn, id, request)
        const { digest, session, requester } = approval
        const { reason } = vote
        await log.append({ kind: 'approval.reported', approval: id, digest, session, requester: requester.sub, by: person.sub, reason })
        logger.warn(
          { approval: id, session, by: person.sub, alarm: 'approval-reported' },
          'a reviewer reported a request: its session ends',
        )
        const before = await find(id)
        const after: Approval = { ...before, state: 'denied', reported: { by: person.name, reason, at: timestampOf(clock.now()) } }
        ports.endReported(session, person, reason)
        await move(before, after)
        return after
      })
      return reported
    },

    withdraw: (person, id) =>
      queue(id, async () => {
        const approval = await settle(id)
        if (approval.requester.sub !== person.sub) throw new AppError('NOT_FOUND', { what: 'Your approval request' })
        const withdrawn: Approval = { ...approval, state: 'withdrawn' }
        if (isOpen(approval) && (await move(approval, withdrawn))) return withdrawn
        throw new AppError('APPROVAL_NOT_PENDING', { approval: id, state: approval.state })
      }),

    request: (call) =>
      queue(retryKey(call), async () => {
        for (const { id } of await store.openByRetryKey(retryKey(call))) {
          const approval = await queue(id, async () => {
            const waits = await settle(id)
            return (await brokenGlass.approve(waits)) ?? waits
          })
          if (isOpen(approval)) return { approval, attached: true }
        }
        return { ...(await create(call)), attached: false }
      }),

    async decided(id, signal) {
      const decision = new Promise<Approval>((resolve) => {
        const resolves = waiting.get(id) ?? new Set()
        resolves.add(resolve)
        waiting.set(id, resolves)
        signal.addEventListener('abort', () => resolves.delete(resolve), { once: true })
      })
      // it may have been decided before anybody waited
      const now = await queue(id, () => settle(id))
      return now.state === 'pending' ? decision : now
    },

    execute: (id, call) =>
      queue(id, async () => {
        const approval = await settle(id)
        const digest = digestNow(approval, call, ports.policyVersion())
        const voters = approval.votes
          .flatMap(({ person, onBehalfOf }) => [person, onBehalfOf ?? person])
          .map(({ sub }) => ports.personNow(sub))
        const liveMembers = new Map(voters.flatMap((voter) => (voter ? [[voter.sub, voter]] : [])))
        const delegation = (one: string) => ports.delegations.find(one)
        const logged = await ledger.entries(id)
        const opening = brokenGlass.openFor(approval)
        const glass = { brokeGlass: ports.breakGlass.useOf(id)?.id, open: opening?.id }
        const decided = decideExecution({ approval, digest, now: clock.now(), liveMembers, logged, glass, delegation })
        if (!decided.ok) {
          const voidReason = String(decided.error.data['reason'])
          if (decided.reason === 'not-as-logged') await voidAltered(approval, voidReason)
          else if (decided.voids) await move(approval, { ...approval, state: 'void', voidReason })
          return { ok: false, error: decided.error }
        }
        const executed: Approval = { ...approval, state: 'executed', executedAt: timestampOf(clock.now()) }
        const moved = await move(approval, executed)
        if (!moved) return { ok: false, error: new AppError('APPROVAL_NOT_PENDING', { approval: id, state: 'executed' }) }
        const byGlass = approval.brokeGlass !== undefined && opening ? { opening } : {}
        return { ok: true, approval: executed, logIndex: moved.logIndex, ...byGlass }
      }),

    glassBroken(opening) {
      const goOn = async () => {
        for (const { id, digestInput } of await store.open()) {
          if (coversCall(opening, digestInput)) await queue(id, async () => void (await brokenGlass.approve(await settle(id))))
        }
      }
      goOn().catch((error: unknown) => logger.error({ err: error }, 'calls that wait could not go on'))
    },
    glassClosed({ id: opening }) {
      store
        .open()
        .then((open) =>
          voidWhere(
            open.filter(({ brokeGlass }) => brokeGlass === opening),
            'the broken glass was closed',
          ),
        )
        .catch((error: unknown) => logger.error({ err: error }, 'calls that wait could not be voided'))
    },

    voidSession: async (session) => voidWhere(await store.open(session), 'the session has ended'),
    async resume(goesOn) {
      for (const request of await recentRequests(log, limitsSince(clock.now()))) requestLimits.restore(request)
      const open = await store.open()
      await voidWhere(
        open.filter(({ session }) => !goesOn(session)),
        'the gateway was started anew',
      )
      for (const { id, session, state, runBy, decideBy } of open) {
        if (goesOn(session)) lookAt(id, state === 'approved' && runBy !== undefined ? runBy : decideBy)
      }
    },

    policyChanged(version) {
      const outdated = async () => (await store.open()).filter((approval) => approval.policyVersion !== version)
      outdated()
        .then((approvals) => voidWhere(approvals, 'another policy is in force'))
        .catch((error: unknown) => logger.error({ err: error }, 'approvals under an earlier policy could not be voided'))
    },

    close() {
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }
}

const alteredRequest = 'it is not the request that the log has'

const isAdministrator = ({ roles }: Person): boolean => roles.includes('administrator')

const isOpen = ({ state }: Approval): boolean => state === 'pending' || state === 'approved'
