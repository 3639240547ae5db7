/** Approvals whose rows somebody writes to past the gateway: what the log does not have does not run. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { approvalDigest } from '../../src-core/approval/approval-digest.ts'
import { fitsItsDigest } from '../../src-core/approval/fits-its-digest.ts'
import { shownHash } from '../../src-core/approval/shown-hash.ts'
import { signedVoteText } from '../../src-core/approval/vote-signature.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Approval, Session, Vote } from '../../src-protocol/model.ts'
import { connectScriptedAgent } from '../fakes/scripted-agent.ts'
import { castVote, exchange, openEcho, rpcOf, toolCall, until } from './gateway-harness.ts'
import { loggedApproval } from './logged-approval.ts'
import { useTestGateway } from './use-test-gateway.ts'

const the = useTestGateway({ people: ['operator', 'reviewer'], limits: { holdSeconds: 600, graceSeconds: 20 } })

interface Left {
  session: Session
  body: string
  marker: string
  approval: Approval
}

/** A call that was held and whose client has left: whoever repeats it attaches to the approval. */
async function holdAndLeave(marker: string): Promise<Left> {
  const session = await openEcho(the.operator)
  await exchange(the.operator, session.id, JSON.stringify({ jsonrpc: '2.0', id: 'list', method: 'tools/list' })).done
  const body = toolCall('risky', { marker })
  const call = exchange(the.operator, session.id, body)
  const asked = async () => (await the.reviewer.api.call('approvals')).approvals.find((approval) => approval.session === session.id)
  await until(async () => (await asked()) !== undefined, 'approval is asked for')
  const approval = (await asked()) as Approval
  call.abandon()
  const callOf = async () => (await the.operator.api.call('session', { id: session.id })).calls.find((one) => one.approval === approval.id)
  await until(async () => (await callOf())?.state === 'done', 'the client has left')
  return { session, body, marker, approval }
}

/** As somebody with the file of the database, and nothing else, would do it. */
function writeToDatabase(write: (database: Database.Database) => void): void {
  const database = new Database(join(the.gateway.root, 'data', 'gateway.sqlite'))
  try {
    database.pragma('busy_timeout = 5000')
    write(database)
  } finally {
    database.close()
  }
}

/** In the name of a real reviewer, signed with a key that the attacker made: it cannot be told from a real one by itself. */
async function forgedVote(approval: Pick<Approval, 'id' | 'digest'>): Promise<Vote> {
  const { person } = await the.reviewer.api.call('me')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const vote = {
    person: { sub: person.sub, name: person.name },
    decision: 'approve' as const,
    reason: 'fine',
    at: new Date().toISOString(),
  }
  const signature = sign('sha256', Buffer.from(signedVoteText(approval, vote)), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return { ...vote, signature: signature.toString('base64url'), key: { ...publicKey.export({ format: 'jwk' }) } }
}

function storeVote(database: Database.Database, { id }: Pick<Approval, 'id'>, vote: Vote): void {
  database
    .prepare('INSERT OR REPLACE INTO votes (approval, person_sub, at, vote) VALUES (?, ?, ?, ?)')
    .run(id, vote.person.sub, vote.at, JSON.stringify(vote))
}

function storeApproved(database: Database.Database, { id }: Pick<Approval, 'id'>): void {
  const runBy = new Date(Date.now() + 60_000).toISOString()
  database
    .prepare("UPDATE approvals SET state = 'approved', run_by = ?, executed_at = NULL, void_reason = NULL WHERE id = ?")
    .run(runBy, id)
}

const logged = ({ id }: Approval): Promise<LogEntry[]> => loggedApproval(the.gateway, id)

const ran = (marker: string): number => the.agent.received.filter(({ text }) => text.includes(marker)).length

/** The repeated call is refused, the server has never seen it, the log and the gateway's own lines say why. */
async function expectRefused({ session, body, marker, approval }: Left, reason: string, times = 0): Promise<void> {
  const answer = rpcOf(await exchange(the.operator, session.id, body).done)
  expect(answer.result).toMatchObject({ isError: true })
  expect(answer.result?.content[0]?.text).toContain(reason)
  expect(ran(marker)).toBe(times)
  expect((await logged(approval)).at(-1)).toMatchObject({
    kind: 'approval.settled',
    state: 'void',
    altered: true,
    reason: expect.stringContaining(reason) as string,
  })
  expect((await the.operator.api.call('approvals')).approvals.find(({ id }) => id === approval.id)?.state).toBe('void')
  const lines = the.gateway.logged().split('\n')
  expect(lines.some((line) => line.includes('"alarm":"approval-altered"') && line.includes(approval.id))).toBe(true)
}

async function restart({ session }: Left): Promise<void> {
  await the.gateway.restart()
  the.agent = await connectScriptedAgent(
    the.gateway.url,
    the.agentIdentity,
    [{ name: 'echo', title: 'Echo', transport: 'stdio' }],
    [session.id],
  )
  await until(() => the.operator.tunnel.state === 'open' && the.reviewer.tunnel.state === 'open', 'the desktops are back')
}

test('an approval that nobody touched runs, once', async () => {
  const left = await holdAndLeave('honest')
  await castVote(the.reviewer, left.approval, 'approve')
  expect(rpcOf(await exchange(the.operator, left.session.id, left.body).done).result?.content[0]?.text).toContain('honest')
  expect(ran('honest')).toBe(1)
  expect((await logged(left.approval)).map((entry) => ('state' in entry ? entry.state : entry.kind))).toEqual([
    'approval.requested',
    'approval.vote',
    'approved',
    'executed',
  ])
})

describe('a row of the database that was written past the gateway', () => {
  test('a vote that was never cast does not run the call', async () => {
    const left = await holdAndLeave('forged-vote')
    const vote = await forgedVote(left.approval)
    writeToDatabase((database) => {
      storeVote(database, left.approval, vote)
      storeApproved(database, left.approval)
    })
    await expectRefused(left, 'is not in the log as the database has it')
  })

  test('a vote that was never cast does not even approve', async () => {
    const left = await holdAndLeave('forged-pending')
    const vote = await forgedVote(left.approval)
    writeToDatabase((database) => storeVote(database, left.approval, vote))
    // it is void as soon as somebody looks: the repeated call asks anew
    const repeated = exchange(the.operator, left.session.id, left.body)
    const open = async () =>
      (await the.reviewer.api.call('approvals')).approvals.filter(
        ({ session, state }) => session === left.session.id && state === 'pending',
      )
    await until(async () => (await open()).some(({ id }) => id !== left.approval.id), 'another approval is asked for')
    expect(ran('forged-pending')).toBe(0)
    const states = (await logged(left.approval)).flatMap((entry) => (entry.kind === 'approval.settled' ? [entry.state] : []))
    expect(states).toEqual(['void'])
    for (const { id } of await open()) await the.operator.api.call('withdraw', { id })
    await repeated.done
  })

  test.for([
    ['another reason', { reason: 'never said' }],
    ['another decision', { decision: 'deny' }],
    ['another voter', { person: { sub: 'somebody', name: 'Somebody' } }],
  ] as const)('a vote with %s than was signed does not run the call', async ([what, changed]) => {
    const left = await holdAndLeave(`changed-${what.replace(' ', '-')}`)
    const [vote] = (await castVote(the.reviewer, left.approval, 'approve')).votes
    writeToDatabase((database) => {
      database.prepare('UPDATE votes SET vote = ? WHERE approval = ?').run(JSON.stringify({ ...vote, ...changed }), left.approval.id)
    })
    await expectRefused(left, 'is not in the log as the database has it')
  })

  test('a denial that was removed still denies', async () => {
    const left = await holdAndLeave('removed-denial')
    expect((await castVote(the.reviewer, left.approval, 'deny')).state).toBe('denied')
    const vote = await forgedVote(left.approval)
    writeToDatabase((database) => {
      database.prepare('DELETE FROM votes WHERE approval = ?').run(left.approval.id)
      storeVote(database, left.approval, vote)
      storeApproved(database, left.approval)
    })
    await expectRefused(left, 'in the log it is denied already')
  })

  test('another requester, with a digest that fits, does not run the call', async () => {
    const left = await holdAndLeave('forged-requester')
    const digestInput = { ...left.approval.digestInput, requester: 'somebody' }
    const forged = {
      ...left.approval,
      requester: { ...left.approval.requester, sub: 'somebody' },
      digestInput,
      digest: approvalDigest(digestInput),
    }
    const vote = await forgedVote(forged)
    writeToDatabase((database) => {
      database.prepare('UPDATE approvals SET requester = ?, document = ? WHERE id = ?').run('somebody', JSON.stringify(forged), forged.id)
      storeVote(database, forged, vote)
      storeApproved(database, forged)
    })
    const answer = rpcOf(await exchange(the.operator, left.session.id, left.body).done)
    expect(answer.result?.content[0]?.text).toContain('its request is another one in the log')
    expect(ran('forged-requester')).toBe(0)
    expect((await logged(left.approval)).at(-1)).toMatchObject({ kind: 'approval.settled', state: 'void' })
  })

  test('a call that has run does not run again because its row says so', async () => {
    const left = await holdAndLeave('rolled-back')
    await castVote(the.reviewer, left.approval, 'approve')
    await exchange(the.operator, left.session.id, left.body).done
    expect(ran('rolled-back')).toBe(1)
    writeToDatabase((database) => storeApproved(database, left.approval))
    await expectRefused(left, 'in the log it is executed already', 1)
  })
})

describe('what a reviewer is shown', () => {
  /** The stored request, shown otherwise; `fitting`: with hash and digest made to fit, as whoever knows the code can. */
  function showOtherwise({ approval }: Left, changed: Partial<Approval>, fitting: boolean): void {
    const shown = { ...approval, ...changed }
    const digestInput = fitting ? { ...shown.digestInput, shown: shownHash(shown) } : shown.digestInput
    const forged = { ...shown, digestInput, digest: approvalDigest(digestInput) }
    expect(fitsItsDigest(forged)).toBe(fitting)
    writeToDatabase((database) => {
      database.prepare('UPDATE approvals SET document = ? WHERE id = ?').run(JSON.stringify(forged), approval.id)
    })
  }

  test.for([
    ['harmless arguments', { argumentsText: '{"marker":"harmless"}' }, false],
    ['harmless arguments, with a digest that fits', { argumentsText: '{"marker":"harmless"}' }, true],
    ['another sentence, with a digest that fits', { because: 'Nothing to see here.' }, true],
    ['another reason, with a digest that fits', { sessionReason: 'everybody agreed' }, true],
  ] as [string, Partial<Approval>, boolean][])('%s: nobody is shown it, and nothing runs', async ([what, changed, fitting]) => {
    const left = await holdAndLeave(`shown-${what.replace(/\W/g, '-')}`)
    showOtherwise(left, changed, fitting)

    const listed = (await the.reviewer.api.call('approvals')).approvals
    expect(listed.map(({ id }) => id)).not.toContain(left.approval.id)
    await expect(the.reviewer.api.call('approval', { id: left.approval.id })).rejects.toMatchObject({ code: 'APPROVAL_VOID' })
    // whoever signs what they saw before signs in vain
    await expect(castVote(the.reviewer, left.approval, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_VOID' })
    expect((await logged(left.approval)).at(-1)).toMatchObject({ kind: 'approval.settled', state: 'void', altered: true })
    expect(the.gateway.logged()).toContain('"alarm":"approval-altered"')
    expect(ran(left.marker)).toBe(0)
  })

  test('after the vote, before the call runs, is looked at again', async () => {
    const left = await holdAndLeave('shown-after-vote')
    await castVote(the.reviewer, left.approval, 'approve')
    showOtherwise(left, { argumentsText: '{"marker":"harmless"}' }, false)
    await expectRefused(left, 'its request is another one in the log')
  })

  test('of a request that has run is not shown either, if it is another one than was decided', async () => {
    const left = await holdAndLeave('shown-history')
    await castVote(the.reviewer, left.approval, 'approve')
    await exchange(the.operator, left.session.id, left.body).done
    expect((await the.reviewer.api.call('approval', { id: left.approval.id })).state).toBe('executed')
    showOtherwise(left, { argumentsText: '{"marker":"harmless"}' }, true)
    await expect(the.reviewer.api.call('approval', { id: left.approval.id })).rejects.toMatchObject({ code: 'APPROVAL_VOID' })
  })
})

describe('after a restart', () => {
  test('an approval that nobody touched runs', { timeout: 60_000 }, async () => {
    const left = await holdAndLeave('honest-restart')
    await castVote(the.reviewer, left.approval, 'approve')
    await restart(left)
    expect(rpcOf(await exchange(the.operator, left.session.id, left.body).done).result?.content[0]?.text).toContain('honest-restart')
    expect(ran('honest-restart')).toBe(1)
  })

  test('a vote that was never cast does not run the call', { timeout: 60_000 }, async () => {
    const left = await holdAndLeave('forged-restart')
    const vote = await forgedVote(left.approval)
    writeToDatabase((database) => {
      storeVote(database, left.approval, vote)
      storeApproved(database, left.approval)
    })
    await restart(left)
    await expectRefused(left, 'is not in the log as the database has it')
  })

  test('a row that names another place in the log does not run the call', { timeout: 60_000 }, async () => {
    const left = await holdAndLeave('moved-restart')
    await castVote(the.reviewer, left.approval, 'approve')
    writeToDatabase((database) => {
      database.prepare('UPDATE approvals SET log_index = log_index + 1 WHERE id = ?').run(left.approval.id)
    })
    await restart(left)
    await expectRefused(left, 'its request is not in the log')
  })
})
