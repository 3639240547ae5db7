/**
 * The promises about approvals, one by one, against a real gateway, log and identity provider. docs/approvals.md says which test stands for
 * which promise; those that need a clock, a crash or a damaged database are elsewhere.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { checkStore } from '../../src-node/check-store.ts'
import { httpApi } from '../../src-protocol/http-api.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Approval, Session } from '../../src-protocol/model.ts'
import { connectScriptedAgent, echo, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  castVote,
  exchange,
  openEcho,
  policyText,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type ClientExchange,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'
import { loggedApproval } from './logged-approval.ts'

const account = (user: string, ...groups: string[]) => ({
  user,
  name: `${user[0]?.toUpperCase()}${user.slice(1)}`,
  email: `${user}@example.com`,
  groups,
})
const accounts = [
  account('admin', 'gatehouse-admins'),
  account('operator', 'operators'),
  account('dora', 'reviewers', 'dba'),
  account('dirk', 'reviewers', 'dba'),
  account('saskia', 'reviewers', 'security'),
  account('bo', 'reviewers', 'dba', 'security'),
  account('otto', 'reviewers', 'owners'),
  account('lena', 'reviewers'),
]
const review = (tool: string, terms: string) => `  - id: ${tool}-reviewed
    match: { connections: ['*'], tools: [${tool}] }
    effect: review
    review: { ${terms} }
    because: This needs more than one pair of eyes.
`
const policy =
  policyText +
  review('two', 'groups: [dba], approvals: 2') +
  review('both', 'each: [{ groups: [dba] }, { groups: [security] }]') +
  review('guarded-by-owners', 'groups: [dba], approvals: 2, veto: [owners]')

let folder: string
let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let agent: ScriptedAgent
let agentIdentity: AgentIdentity
let session: Session
const people = new Map<string, SignedInPerson>()
const the = (user: string): SignedInPerson => people.get(user) as SignedInPerson

/** The provider with these accounts; started again it keeps its address, keys and sessions. */
async function startProvider(known: object[]): Promise<void> {
  const config = join(folder, 'provider.yaml')
  const port = provider === undefined ? 0 : Number(new URL(provider.issuer).port)
  const gatewayRedirect = 'http://127.0.0.1/sign-in/callback'
  await writeFile(config, JSON.stringify({ port, gatewayRedirect, clientSecret: 'env:DEMO_CLIENT_SECRET', data: folder, accounts: known }))
  provider = await startIdentityProviderProcess({ config })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-provider-'))
  await startProvider(accounts)
  gateway = await startTestGateway(provider.issuer, { holdSeconds: 600, graceSeconds: 20, sameApprovalRequests: 3 })
  for (const { user } of accounts) people.set(user, await signInAs(gateway.url, user))
  ;({ agent, identity: agentIdentity } = await registerEcho(gateway.url, the('admin')))
  await the('admin').api.call('activatePolicy', { kind: 'policy', text: policy })
}, 60_000)
beforeEach(async () => {
  agent.script = echo
  session = await openEcho(the('operator'))
})
afterAll(async () => {
  for (const person of people.values()) person.leave()
  await gateway.close()
  await provider.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Held {
  call: ClientExchange
  approval: Approval
  body: string
  marker: string
}

async function hold(tool: string, args: Record<string, unknown> = {}, viewer = 'admin'): Promise<Held> {
  const marker = randomUUID()
  const body = toolCall(tool, { marker, ...args })
  const call = exchange(the('operator'), session.id, body)
  const asked = async () => (await the(viewer).api.call('approvals')).approvals.find(({ argumentsText }) => argumentsText.includes(marker))
  await until(async () => (await asked()) !== undefined, 'approval is asked for')
  return { call, approval: (await asked()) as Approval, body, marker }
}

const vote = (user: string, { approval }: Held, decision: 'approve' | 'deny' = 'approve') => castVote(the(user), approval, decision)
const ran = ({ marker }: Held): number => agent.received.filter(({ text }) => text.includes(marker)).length
const stateOf = async ({ approval }: Held): Promise<string> => (await the('admin').api.call('approval', { id: approval.id })).state
const settled = (entries: LogEntry[]): string[] => entries.flatMap((entry) => (entry.kind === 'approval.settled' ? [entry.state] : []))

async function giveUp({ approval, call }: Held): Promise<void> {
  await the('operator').api.call('withdraw', { id: approval.id })
  await call.done
}

test('1. Changing any byte of arguments, tool definition, server or policy version voids the approval: an approved call with one byte changed does not run', async () => {
  const held = await hold('risky', { digit: 1 })
  held.call.abandon()
  await vote('dora', held)
  const changed = exchange(the('operator'), session.id, held.body.replace('"digit":1', '"digit":2'))
  const another = async () =>
    (await the('dora').api.call('approvals')).approvals.find((one) => one.argumentsText.includes(held.marker) && one.state === 'pending')
  await until(async () => (await another()) !== undefined, 'the changed call asks for itself')
  expect(ran(held)).toBe(0)
  await the('operator').api.call('withdraw', { id: (await another())?.id ?? '' })
  await changed.done
  // unchanged, it runs
  await exchange(the('operator'), session.id, held.body).done
  expect(ran(held)).toBe(1)
})

test(
  '2. It runs at most once, across crash, retry and concurrency: a thousand identical retries run once',
  { timeout: 120_000 },
  async () => {
    const held = await hold('risky')
    const retries = Array.from({ length: 999 }, () => exchange(the('operator'), session.id, held.body))
    const waiting = async () =>
      (await the('operator').api.call('session', { id: session.id })).calls.filter(({ approval }) => approval === held.approval.id).length
    await until(async () => (await waiting()) >= 500, 'most of them wait', 60_000)
    await vote('dora', held)
    const answers = await Promise.all([held.call, ...retries].map(({ done }) => done))
    const results = answers.filter((answer) => rpcOf(answer).result !== undefined && rpcOf(answer).result?.isError !== true)
    expect(ran(held)).toBe(1)
    expect(results).toHaveLength(1)
    expect(settled(await loggedApproval(gateway, held.approval.id))).toEqual(['approved', 'executed'])
    const asked = (await the('admin').api.call('approvals')).approvals.filter(({ argumentsText }) => argumentsText.includes(held.marker))
    // what came after it had run asked anew, and nobody approved that
    expect(asked.filter(({ state }) => state === 'executed')).toHaveLength(1)
  },
)

describe('4. The requester never counts; nor does anyone who joined the group after the request was made', () => {
  test('also when the gateway was started again in between', { timeout: 60_000 }, async () => {
    const held = await hold('risky')
    held.call.abandon()
    await provider.stop()
    await startProvider(accounts.map((one) => (one.user === 'lena' ? account('lena', 'reviewers', 'dba') : one)))
    await the('lena').identity.recheck()
    await until(async () => (await the('lena').api.call('me')).person.groups.includes('dba'), 'she is in the group')
    await expect(vote('lena', held)).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })

    await gateway.restart()
    agent = await connectScriptedAgent(gateway.url, agentIdentity, [{ name: 'echo', title: 'Echo', transport: 'stdio' }], [session.id])
    await until(() => [...people.values()].every(({ tunnel }) => tunnel.state === 'open'), 'the desktops are back')
    await expect(vote('lena', held)).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })
    expect(await stateOf(held)).toBe('pending')
    await the('operator').api.call('withdraw', { id: held.approval.id })
    // of what is asked for now she may decide
    const later = await hold('risky')
    expect((await vote('lena', later)).state).toBe('approved')
    await later.call.done
  })
})

describe('5. N distinct people; a configured veto denies', () => {
  test('two people have to approve: the same one twice is refused', async () => {
    const held = await hold('two')
    expect((await vote('dora', held)).state).toBe('pending')
    await expect(vote('dora', held)).rejects.toMatchObject({ code: 'APPROVAL_ALREADY_VOTED' })
    expect(ran(held)).toBe(0)
    expect((await vote('dirk', held)).state).toBe('approved')
    await held.call.done
    expect(ran(held)).toBe(1)
  })

  test('each of two groups has to approve: two of one are not enough, and who is in both counts once', async () => {
    const held = await hold('both')
    expect((await vote('dora', held)).state).toBe('pending')
    expect((await vote('dirk', held)).state).toBe('pending')
    expect(ran(held)).toBe(0)
    const approved = await vote('saskia', held)
    expect(approved.votes.map(({ groups }) => groups)).toEqual([['dba'], ['dba'], ['security']])
    expect(approved.state).toBe('approved')
    await held.call.done
    expect(ran(held)).toBe(1)

    const alone = await hold('both')
    expect((await vote('bo', alone)).state).toBe('pending')
    await expect(vote('bo', alone)).rejects.toMatchObject({ code: 'APPROVAL_ALREADY_VOTED' })
    await giveUp(alone)
    expect(ran(alone)).toBe(0)
  })

  test('anybody’s denial ends it where no veto is configured', async () => {
    const held = await hold('two')
    await vote('dora', held)
    expect((await vote('dirk', held, 'deny')).state).toBe('denied')
    await held.call.done
    expect(ran(held)).toBe(0)
  })

  test('with a veto, its holders end it, others do not, and holders cannot approve', async () => {
    const held = await hold('guarded-by-owners')
    await expect(vote('otto', held)).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })
    expect((await vote('dora', held, 'deny')).state).toBe('pending')
    expect((await vote('dirk', held)).state).toBe('pending')
    expect((await vote('otto', held, 'deny')).state).toBe('denied')
    const answer = await held.call.done
    expect(rpcOf(answer).result?.content[0]?.text).toContain('denied by Otto')
    expect(ran(held)).toBe(0)

    const overruled = await hold('guarded-by-owners')
    await vote('dora', overruled, 'deny')
    await vote('dirk', overruled)
    expect((await vote('bo', overruled)).state).toBe('approved')
    await overruled.call.done
    expect(ran(overruled)).toBe(1)
  })
})

test('7. The reviewer sees the full arguments; hidden, bidirectional and truncated text is flagged', async () => {
  const long = `${'x'.repeat(200_000)}the end`
  const held = await hold('risky', { long, name: 'gpj.\u202eexe', hidden: 'a\u200bb', far: `seen${' '.repeat(80)}unseen` })
  expect(JSON.parse(held.approval.argumentsText)).toMatchObject({ long, far: `seen${' '.repeat(80)}unseen` })
  expect(held.approval.warnings).toEqual([
    expect.stringContaining('The direction of text is changed once (U+202E)'),
    expect.stringContaining('Invisible characters are in the text once (U+200B)'),
    expect.stringContaining('A long run of white space pushes text out of sight'),
  ])
  await giveUp(held)
})

describe('8. No bulk approval; repeated requests are rate-limited and coalesced; “report” blocks the session', () => {
  test('a vote is for one request: no route takes several, and a signature for one is worth nothing for another', async () => {
    const [one, other] = [await hold('risky'), await hold('risky')]
    await expect(castVote(the('dora'), { ...other.approval, digest: one.approval.digest }, 'approve')).rejects.toMatchObject({
      code: 'APPROVAL_SIGNATURE_INVALID',
    })
    expect(
      Object.values(httpApi)
        .filter(({ path }) => /votes|approve/.test(path))
        .map(({ path }) => path),
    ).toEqual(['/api/v1/approvals/:id/votes'])
    await giveUp(one)
    await giveUp(other)
  })

  test('the same call that waits already is put before reviewers once', async () => {
    const held = await hold('risky')
    const again = [exchange(the('operator'), session.id, held.body), exchange(the('operator'), session.id, held.body)]
    const calls = async () => (await the('operator').api.call('session', { id: session.id })).calls
    await until(async () => (await calls()).filter(({ approval }) => approval === held.approval.id).length === 3, 'all of them attach')
    const asked = (await the('dora').api.call('approvals')).approvals.filter(({ argumentsText }) => argumentsText.includes(held.marker))
    expect(asked).toHaveLength(1)
    await giveUp(held)
    await Promise.all(again.map(({ done }) => done))
  })

  test('the same call that was denied is not put before them again and again, in another session neither', async () => {
    const held = await hold('risky')
    await vote('dora', held, 'deny')
    await held.call.done
    for (const _ of [2, 3]) {
      const call = exchange(the('operator'), session.id, held.body)
      const open = async () =>
        (await the('dora').api.call('approvals')).approvals.find(
          (one) => one.argumentsText.includes(held.marker) && one.state === 'pending',
        )
      await until(async () => (await open()) !== undefined, 'it is asked for again')
      await castVote(the('dora'), (await open()) as Approval, 'deny')
      await call.done
    }
    for (const where of [session, await openEcho(the('operator'))]) {
      const answer = await exchange(the('operator'), where.id, held.body).done
      expect(rpcOf(answer).error).toMatchObject({ data: { code: 'APPROVAL_RATE_LIMITED' } })
    }
    const asked = (await the('dora').api.call('approvals')).approvals.filter(({ argumentsText }) => argumentsText.includes(held.marker))
    expect(asked.map(({ state }) => state)).toEqual(['denied', 'denied', 'denied'])
    expect(ran(held)).toBe(0)
    // other calls are not concerned
    const free = await hold('risky')
    await giveUp(free)
  })

  test('a report denies the call, ends its session, stands in the log, and is told to administrators', async () => {
    const held = await hold('guarded-by-owners')
    const second = await hold('two')
    await expect(report('dora', held, { reason: ' ' })).rejects.toMatchObject({ code: 'REASON_REQUIRED' })
    await expect(report('dora', held, { decision: 'approve' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    await expect(report('saskia', held)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(report('operator', held)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await stateOf(held)).toBe('pending')

    // without the veto: a report needs none
    const reported = await report('dora', held)
    expect(reported).toMatchObject({ state: 'denied', reported: { by: 'Dora', reason: 'this is not her' } })
    const answer = await held.call.done
    expect(rpcOf(answer).error?.data).toMatchObject({ code: 'APPROVAL_REPORTED' })
    await until(
      async () => (await the('admin').api.call('session', { id: session.id })).session.endReason === 'reported',
      'the session is over',
    )
    await expect(exchange(the('operator'), session.id, held.body).done).resolves.toMatchObject({ aborted: { code: 'SESSION_ENDED' } })
    await until(async () => (await stateOf(second)) === 'void', 'what else it asked for is void')
    await second.call.done
    expect([ran(held), ran(second)]).toEqual([0, 0])

    const kinds = (await loggedApproval(gateway, held.approval.id)).map(({ kind }) => kind)
    expect(kinds).toEqual(['approval.requested', 'approval.vote', 'approval.reported', 'approval.settled'])
    const told = () =>
      the('admin').pushes.some(
        (push) => push.type === 'approval' && push.approval.id === held.approval.id && push.approval.reported !== undefined,
      )
    await until(told, 'administrators are told')
    expect(gateway.logged()).toContain('"alarm":"approval-reported"')
  })

  function report(user: string, { approval }: Held, change: { reason?: string; decision?: 'approve' } = {}): Promise<Approval> {
    const reason = change.reason ?? 'this is not her'
    return castVote(the(user), approval, change.decision ?? 'deny', { reason, route: 'report' })
  }
})

test('9. The reviewer’s signature over the digest is in the log before the call is forwarded; no log, no execution', async () => {
  const held = await hold('risky')
  let atArrival: Promise<LogEntry[]> | undefined
  agent.script = (received) => {
    if (received.text.includes(held.marker)) atArrival = loggedApproval(gateway, held.approval.id)
    return echo(received)
  }
  await vote('dora', held)
  await held.call.done
  const entries = (await atArrival) ?? []
  expect(entries.map((entry) => ('state' in entry ? entry.state : entry.kind))).toEqual([
    'approval.requested',
    'approval.vote',
    'approved',
    'executed',
  ])
})

test('10. Denials, expiries, cancellations are logged too; every executed gated call joins exactly one approval, offline too', async () => {
  const denied = await hold('risky')
  await vote('dora', denied, 'deny')
  const cancelled = await hold('risky')
  await giveUp(cancelled)
  const expired = await hold('hasty')
  await Promise.all([denied, expired].map(({ call }) => call.done))
  const ends = await Promise.all(
    [denied, cancelled, expired].map(async ({ approval }) => settled(await loggedApproval(gateway, approval.id))),
  )
  expect(ends).toEqual([['denied'], ['withdrawn'], ['expired']])

  const executed = await hold('risky')
  await vote('dora', executed)
  await executed.call.done
  await the('operator').api.call('endSession', { id: session.id })
  const { logKey } = await the('operator').api.call('me')
  // everything that this file did: each held call that was answered has one execution of one approval
  const key = parseVerifierKey(logKey)
  if (!key.ok) throw new Error(key.problem)
  const check = async () => checkStore({ log: join(gateway.root, 'log'), recordings: gateway.recordings }, key.key)
  const wrong = async () => (await check()).findings.filter(({ severity }) => severity === 'error')
  // the gateway still works on the files of what has just ended
  await expect.poll(() => wrong().catch(() => 'not yet'), { timeout: 20_000, interval: 200 }).toEqual([])
  expect((await check()).recordings).toBeGreaterThan(5)
})
