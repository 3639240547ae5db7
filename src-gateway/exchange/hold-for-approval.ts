import { deciderName } from '../../src-core/approval/stand-in.ts'
import { parseMessage, type Message } from '../../src-core/json/parse-message.ts'
import { maskText } from '../../src-core/masking/mask-message.ts'
import { decidedBytes, decidedText, hasMoreThanArguments } from '../../src-core/approval/call-arguments.ts'
import { holdBudget } from '../../src-core/approval/hold-budget.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Approval, SqlFacts, Vote } from '../../src-protocol/model.ts'
import type { ApprovalRecord } from '../../src-protocol/recording.ts'
import { proofOf } from '../approvals/approval-request.ts'
import type { HeldCall } from '../approvals/approvals.ts'
import { answer, close, endCall, eventStream } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { deepestMessage, type ExchangePorts } from './exchange-ports.ts'
import { forward } from './forward.ts'
import { maskFor, messageRecord } from './message-record.ts'
import { waitingProgress } from './progress.ts'
import type { DecidedMessage } from './receive-client-message.ts'
import { rpcError, toolRefusal } from './rpc-answer.ts'
import { toolProblem } from './tool-problem.ts'

const shownBefore = 5

/**
 * Holds a call until a person has decided. The request's record is durable by now; what is asked of the reviewers, what they decide and
 * that it ran are each recorded before the next step. The bytes that go on in the end are the ones that were hashed.
 */
export async function holdForApproval(ports: ExchangePorts, exchange: Exchange, decided: DecidedMessage): Promise<void> {
  const { session } = exchange
  const held = describeHeldCall(ports, exchange, decided)
  const requested = await ask(ports, exchange, held)
  if (!requested) return
  const { approval, attached, logIndex } = requested
  if (exchange.call) session.calls.change(exchange.call, { approval: approval.id })
  await recordEvent(exchange, approval, attached ? 'attached' : 'requested', { logIndex })
  const stopWaiting = keepWaiting(ports, exchange, approval)
  let outcome: Approval | 'pending'
  try {
    outcome = await waitForDecision(ports, exchange, approval)
    // a desktop whose link is interrupted may be gone for good: nothing runs before it is known
    if (outcome !== 'pending') await exchange.stream.back()
  } finally {
    stopWaiting()
  }
  if (session.ended) return
  if (outcome === 'pending' || exchange.stream.gone) return settlePending(ports, exchange, approval)
  if (outcome.state !== 'approved') return settleRefused(ports, exchange, outcome)
  await run(ports, exchange, decided, outcome)
}

/** Nothing if too many calls wait already: the client is told, and no reviewer is bothered. */
async function ask(ports: ExchangePorts, exchange: Exchange, held: HeldCall) {
  try {
    return await ports.approvals.request(held)
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'CONFLICT' && error.code !== 'APPROVAL_RATE_LIMITED')) throw error
    endCall(ports, exchange, { verdict: 'denied', because: error.message })
    const { request, session } = exchange
    const { rule, policyVersion, because } = held.decision
    const data = { rule, policyVersion, because }
    if (!session.ended) answer(ports, exchange, rpcError(request?.id ?? null, error, data), request ? {} : { status: error.status })
    return undefined
  }
}

function describeHeldCall(
  ports: ExchangePorts,
  exchange: Exchange,
  { message, method, bytes, masked, decision }: DecidedMessage,
): HeldCall {
  if (decision.effect !== 'review') throw new Error('only a call that policy holds can be held')
  const { session } = exchange
  const tool = message.tool ?? method
  const { params } = message
  const more = hasMoreThanArguments(params)
  return {
    session,
    method,
    tool,
    definition: session.tools.of(tool),
    argumentBytes: decidedBytes(message, bytes),
    argumentsText: more ? decidedText((JSON.parse(masked.text) as Message).params) : argumentsOf(masked.bytes),
    argumentsMasks: masked.masks.filter(({ path }) => path.startsWith(more ? '/params/' : '/params/arguments')),
    ...(decision.sql && { sql: maskSql(ports, session.connection, tool, decision.sql) }),
    before: session.calls.latest(shownBefore + 1).filter(({ seq }) => seq !== exchange.call?.seq),
    decision,
  }
}

function argumentsOf(maskedBytes: Uint8Array): string {
  const parsed = parseMessage(maskedBytes, { maxBytes: Infinity, maxDepth: deepestMessage })
  const span = parsed.ok ? parsed.message.argumentsSpan : undefined
  return span ? new TextDecoder().decode(maskedBytes.subarray(span.start, span.end)) : '{}'
}

/** What the parser found is text of the arguments too. */
function maskSql(ports: ExchangePorts, connection: string, tool: string, sql: SqlFacts): SqlFacts {
  const { masking } = ports.inForce()
  const mask = (text: string) => maskText(masking, text, { connection, tool }).text
  return {
    kinds: sql.kinds,
    tables: sql.tables.map(mask),
    writes: sql.writes.map(mask),
    hasWhere: sql.hasWhere,
    statements: sql.statements.map(({ kind, text }) => ({ kind, text: mask(text) })),
  }
}

/** The time-outs of clients run on silence: comments keep the connection, progress (if it was asked for) keeps the call. */
function keepWaiting(ports: ExchangePorts, exchange: Exchange, approval: Approval): () => void {
  const accept = exchange.head.headers['accept'] ?? ''
  if (!accept.includes('text/event-stream')) return () => {}
  exchange.headSent = true
  exchange.delivery.after(undefined, () => exchange.stream.head(200, eventStream))
  let cancel = () => {}
  const tell = () => {
    exchange.delivery.after(undefined, () => exchange.stream.keepAlive())
    const progress = waitingProgress(exchange, `Waiting for approval ${approval.id}`)
    if (progress !== undefined) deliverProgress(ports, exchange, progress)
    cancel = ports.scheduler.after(ports.limits.holdBeatSeconds * 1000, tell)
  }
  tell()
  return () => cancel()
}

function deliverProgress(ports: ExchangePorts, exchange: Exchange, text: string): void {
  const method = 'notifications/progress'
  const params = { progressToken: exchange.request?.progressToken ?? 0 }
  const masked = maskFor(ports.inForce().masking, exchange, text, undefined, undefined, { method, params })
  const durable = exchange.session.record(
    messageRecord(exchange, { kind: 'notification', method }, masked, { direction: 'server', method }),
  )
  exchange.delivery.after(durable, () => exchange.stream.message({}, masked.delivered ?? masked.bytes))
}

/** Until it is decided, the client's patience is used up, the client has left, or the session has ended. */
async function waitForDecision(ports: ExchangePorts, exchange: Exchange, approval: Approval): Promise<Approval | 'pending'> {
  // it left while the request was being recorded and asked for
  if (exchange.stream.gone) return 'pending'
  const patience = new AbortController()
  const cancel = ports.scheduler.after(budgetMs(ports, exchange), () => patience.abort())
  exchange.stopHolding = () => patience.abort()
  const over = new Promise<'pending'>((resolve) => patience.signal.addEventListener('abort', () => resolve('pending'), { once: true }))
  try {
    return await Promise.race([ports.approvals.decided(approval.id, patience.signal), over])
  } finally {
    cancel()
    exchange.stopHolding = undefined
    patience.abort()
  }
}

function budgetMs({ limits }: ExchangePorts, { session, head, client, request }: Exchange): number {
  const known = client ?? session.clients?.get(head.headers['mcp-session-id'] ?? '') ?? session.client
  return holdBudget(limits.holds, limits.holdSeconds, { client: known, progress: request?.progressToken !== undefined }) * 1000
}

/** The client is told to repeat the call; the approval stays, and only a call that waits for it can run it. */
async function settlePending(ports: ExchangePorts, exchange: Exchange, approval: Approval): Promise<void> {
  await recordEvent(exchange, approval, 'pending')
  const because = exchange.stream.gone ? 'The client left while the call was held.' : 'The client was told to repeat the call.'
  endCall(ports, exchange, { because })
  if (exchange.stream.gone) return close(exchange)
  const text =
    `Pending approval ${approval.id}: nobody has decided yet, and the call has not run. ` +
    `Repeat the same call with the same arguments to keep waiting; it attaches to this approval until ${approval.decideBy}.`
  refuseCall(ports, exchange, new AppError('APPROVAL_PENDING', { approval: approval.id }), text, approval)
}

async function settleRefused(ports: ExchangePorts, exchange: Exchange, approval: Approval): Promise<void> {
  const error = refusal(approval)
  const { event, by, reason } = refusalEvent(approval)
  await recordEvent(exchange, approval, event, { by, reason })
  endCall(ports, exchange, { verdict: 'denied', because: error.message })
  refuseCall(ports, exchange, error, `The call has not run. ${error.message} ${error.remedy}`, approval)
}

/** Executed at most once: the step that says so is durable before the bytes go on. */
async function run(ports: ExchangePorts, exchange: Exchange, decided: DecidedMessage, approval: Approval): Promise<void> {
  const { session } = exchange
  const approvers = approval.votes.filter(({ decision }) => decision === 'approve').map(deciderName)
  const glass = approval.brokeGlass
  const by = glass === undefined ? approvers.join(', ') : `${approval.requester.name}, who broke the glass`
  await recordEvent(exchange, approval, 'approved', { by })
  // while people decided, the server may have listed another definition, here or to somebody else
  const { method, message } = decided
  const problem = method === 'tools/call' && message.tool !== undefined ? toolProblem(ports, exchange, message.tool) : undefined
  if (problem) {
    endCall(ports, exchange, { verdict: 'denied', because: problem.message })
    return refuseCall(ports, exchange, problem, `The call has not run. ${problem.message} ${problem.remedy}`, approval)
  }
  const execution = await ports.approvals.execute(approval.id, describeHeldCall(ports, exchange, decided))
  if (session.ended) return
  if (!execution.ok) {
    await recordEvent(exchange, approval, 'void', { reason: execution.error.message })
    endCall(ports, exchange, { verdict: 'denied', because: execution.error.message })
    const text = `The call has not run. ${execution.error.message} ${execution.error.remedy}`
    return refuseCall(ports, exchange, execution.error, text, approval)
  }
  await recordEvent(exchange, approval, 'executed', { logIndex: execution.logIndex })
  if (exchange.call)
    session.calls.change(exchange.call, {
      state: 'running',
      because: `${approval.because} ${glass === undefined ? `Approved by ${by}` : `Run by ${by}`}.`,
    })
  forward(ports, exchange, decided.bytes, proofOf(execution.approval, session.salt, execution.opening))
}

function refuseCall(ports: ExchangePorts, exchange: Exchange, error: AppError, text: string, approval: Approval): void {
  const { request } = exchange
  if (exchange.session.ended) return
  const { id, rule, policyVersion, because } = approval
  const data = { code: error.code, approval: id, rule, policyVersion, because }
  // a notification waits for no answer, but its exchange waits for an end
  if (!request) return answer(ports, exchange, rpcError(null, error, data), { status: error.status, approval: approval.id })
  const body =
    request.method === 'tools/call' ? toolRefusal(request, `${text} ${whyHeld(approval)}`, data) : rpcError(request.id, error, data)
  answer(ports, exchange, body, { approval: approval.id })
}

const whyHeld = ({ rule, policyVersion, because }: Approval): string =>
  `It needs approval by the rule ${rule} (policy ${policyVersion.slice(0, 12)}): ${because}`

function recordEvent(
  exchange: Exchange,
  approval: Approval,
  event: ApprovalRecord['event'],
  facts: { by?: string; reason?: string; logIndex?: number } = {},
): Promise<number> {
  const { id, digest, brokeGlass } = approval
  const glass = brokeGlass !== undefined && { breakGlass: brokeGlass }
  return exchange.session.record({ kind: 'approval', exchange: exchange.number, approval: id, event, digest, ...glass, ...facts })
}

/** The last one: those before it had no veto. */
const endingDenial = ({ votes }: Approval): Vote | undefined => votes.findLast(({ decision }) => decision === 'deny')

function refusal(approval: Approval): AppError {
  const id = approval.id
  switch (approval.state) {
    case 'denied': {
      const denial = endingDenial(approval)
      return new AppError('APPROVAL_DENIED', {
        approval: id,
        by: denial ? deciderName(denial) : 'a reviewer',
        reason: asSentence(denial?.reason),
      })
    }
    case 'expired':
      return new AppError('APPROVAL_EXPIRED', { approval: id })
    case 'withdrawn':
      return new AppError('APPROVAL_VOID', { approval: id, reason: 'you withdrew it' })
    case 'executed':
      return new AppError('APPROVAL_VOID', { approval: id, reason: 'it has run already' })
    case 'void':
    case 'pending':
    case 'approved':
      return new AppError('APPROVAL_VOID', { approval: id, reason: approval.voidReason ?? 'it no longer holds' })
    default:
      return approval.state satisfies never
  }
}

/** People mostly leave out the full stop, and another sentence follows. */
const asSentence = (reason = ''): string => (reason === '' ? 'no reason was given.' : /[.!?…]$/u.test(reason) ? reason : `${reason}.`)

function refusalEvent(approval: Approval): { event: ApprovalRecord['event']; by?: string; reason?: string } {
  const denial = endingDenial(approval)
  switch (approval.state) {
    case 'denied':
      return { event: 'denied', by: denial && deciderName(denial), reason: denial?.reason }
    case 'expired':
    case 'withdrawn':
      return { event: approval.state }
    case 'void':
    case 'executed':
    case 'pending':
    case 'approved':
      return { event: 'void', reason: refusal(approval).message }
    default:
      return approval.state satisfies never
  }
}
