/** Promise 11: break-glass, against a real gateway, log and identity provider, with the desktop's own code. */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseVerifierKey } from '../../src-core/log/signed-note.ts'
import { breakGlassHandlers } from '../../src-main/services/desktop/break-glass-handlers.ts'
import { checkStore } from '../../src-node/check-store.ts'
import type { BreakGlassOpening, BreakGlassOpenRequest, BreakGlassRule, BreakGlassTerms } from '../../src-protocol/break-glass.ts'
import type { ApprovalId, ConnectionName } from '../../src-protocol/ids.ts'
import type { Session } from '../../src-protocol/model.ts'
import { echo } from '../fakes/scripted-agent.ts'
import { openOn, useAccessWorld } from './access-harness.ts'
import { exchange, rpcOf, toolCall, until, type ClientExchange, type SignedInPerson } from './gateway-harness.ts'

const world = useAccessWorld()
const reason = 'INC-4127: refunds are stuck and nobody of dba answers'
const words = 'Read each call: all of them belong to INC-4127.'

let admin: SignedInPerson
let mira: SignedInPerson
let tomas: SignedInPerson
let jonas: SignedInPerson
let both: SignedInPerson
beforeAll(async () => {
  admin = await world.as('admin')
  mira = await world.as('mira')
  tomas = await world.as('tomas')
  jonas = await world.as('jonas')
  both = await world.as('both')
  world.agent.script = echo
})

/** A desktop of this person; `change` is what a desktop that was tampered with would send. */
function desktopOf(person: SignedInPerson, change: (request: BreakGlassOpenRequest) => BreakGlassOpenRequest = (request) => request) {
  const call = (route: string, input?: object) => {
    const sent = route === 'openBreakGlass' ? change(input as BreakGlassOpenRequest) : input
    return person.api.call(route as never, sent)
  }
  const api = { call: call as typeof person.api.call }
  const access = () => ({ api, identity: person.identity })
  return breakGlassHandlers({ access, clock: person.clock, reviewerKey: () => ({ sign: () => undefined }) })
}

async function rule(connection: ConnectionName, terms: Partial<BreakGlassTerms> = {}): Promise<BreakGlassRule> {
  const whole = {
    connection,
    title: 'Nights',
    people: ['mira', 'both'],
    groups: [],
    tools: ['risky'],
    maxMinutes: 20,
    acr: [],
    reviewers: ['dba'],
    ...terms,
  }
  const { rules } = await desktopOf(admin)['break-glass:set-rule']({ terms: whole })
  return rules.find(({ terms: { connection: of } }) => of === connection) as BreakGlassRule
}

const open = (person: SignedInPerson, by: BreakGlassRule, more: { minutes?: number; reason?: string } = {}) =>
  desktopOf(person)['break-glass:open']({ rule: by, minutes: 15, reason, ...more })
const end = (person: SignedInPerson, { id }: BreakGlassOpening, because = '') =>
  desktopOf(person)['break-glass:end']({ id, reason: because })
const review = (person: SignedInPerson, { id, digest }: BreakGlassOpening, more: { reason?: string } = {}) =>
  desktopOf(person)['break-glass:review']({ id, digest, decision: 'approve', reason: words, ...more })

interface Running {
  call: ClientExchange
  marker: string
}
function call(person: SignedInPerson, session: Session, tool = 'risky'): Running {
  const marker = randomUUID()
  return { call: exchange(person, session.id, toolCall(tool, { marker, card: '4111 1111 1111 1111' })), marker }
}
const ran = (marker: string): number => world.agent.received.filter(({ text }) => text.includes(marker)).length
const answered = async ({ call: { done } }: Running): Promise<string> => rpcOf(await done).result?.content[0]?.text ?? ''

/** Held, and put before a reviewer as ever. */
async function expectHeld(person: SignedInPerson, { call: { done }, marker }: Running): Promise<void> {
  const asked = async () => (await admin.api.call('approvals')).approvals.find(({ argumentsText }) => argumentsText.includes(marker))
  await until(async () => (await asked()) !== undefined, 'it is asked for')
  expect((await asked())?.state).toBe('pending')
  expect(ran(marker)).toBe(0)
  await person.api.call('withdraw', { id: (await asked())!.id })
  await done
}

const about = async (id: string) => (await world.entries()).filter((entry) => JSON.stringify(entry).includes(id))

test('11. Break-glass: a named person, a reason, a fresh sign-in; alerts at once, is masked and recorded, and is reviewed by somebody else', async () => {
  const by = await rule(await world.connection('broken'))
  const session = await openOn(mira, by.terms.connection)
  const held = call(mira, session)
  await until(
    async () => (await jonas.api.call('approvals')).approvals.some(({ argumentsText }) => argumentsText.includes(held.marker)),
    'it is held',
  )
  expect(ran(held.marker)).toBe(0)
  const alerts = () => [admin, jonas].map(({ pushes }) => pushes.filter(({ type }) => type === 'break-glass').length)
  const before = alerts()

  const opening = await open(mira, by)
  expect(Date.parse(opening.endsAt) - Date.parse(opening.startsAt)).toBe(15 * 60_000)
  expect(await answered(held)).toContain(held.marker)
  // the next one does not even wait
  const next = call(mira, session)
  expect(await answered(next)).toContain(next.marker)
  expect([ran(held.marker), ran(next.marker)]).toEqual([1, 1])

  // everybody who could stop it is told at once, without the reason
  await until(() => alerts().every((count, at) => count > (before[at] ?? 0)), 'it is pushed')
  const line = world
    .logged()
    .split('\n')
    .find((text) => text.includes('break-glass-opened') && text.includes(opening.id))
  expect(JSON.parse(line ?? '{}')).toMatchObject({ person: 'mira', connection: 'broken', alarm: 'break-glass-opened' })
  expect(line).not.toContain('INC-4127')
  for (const person of [admin, jonas]) {
    const { openings } = await desktopOf(person)['break-glass:overview'](undefined)
    expect(openings.find(({ id }) => id === opening.id)).toMatchObject({ person: { sub: 'mira' }, input: { reason } })
  }

  // in the log before anything passed: opened, then each use, then each run
  const entries = await about(opening.id)
  expect(entries.map(({ kind }) => kind)).toEqual(['break-glass.opened', 'break-glass.used', 'break-glass.used'])
  const [, used] = entries
  const approval = used?.kind === 'break-glass.used' ? used.approval : ('' as ApprovalId)
  const steps = (await about(approval)).map((entry) => (entry.kind === 'approval.settled' ? entry.state : entry.kind))
  expect(steps).toEqual(['approval.requested', 'break-glass.used', 'approved', 'executed'])
  expect(entries[0]).toMatchObject({
    statement: { person: { sub: 'mira' }, stepUp: { token: expect.stringMatching(/^[0-9a-f]{64}$/) as string } },
  })
  // reviewers see that nobody was asked
  expect((await jonas.api.call('approval', { id: approval })).brokeGlass).toBe(opening.id)

  // recording and masking stay on
  const recording = readdirSync(join(world.root, 'recordings'), { recursive: true, encoding: 'utf8' }).find((file) =>
    file.includes(session.id),
  )
  const text = readFileSync(join(world.root, 'recordings', recording ?? ''), 'utf8')
  expect(world.agent.received.some((received) => received.text.includes('4111 1111 1111 1111'))).toBe(true)
  expect(text).not.toContain('4111 1111 1111 1111')
  expect(text).toContain('[MASKED:card')
  expect(text).toContain(held.marker)
  const records = text.split('\n').filter((one) => one.includes('"kind":"approval"') && one.includes(opening.id))
  expect(records.map((one) => (JSON.parse(one) as { event: string }).event)).toEqual([
    'approved',
    'executed',
    'requested',
    'approved',
    'executed',
  ])

  // reviewed once it is over, by somebody of the rule's groups, never by who opened it
  await expect(review(jonas, opening)).rejects.toMatchObject({ code: 'CONFLICT' })
  const ended = await end(mira, opening)
  expect(ended).toMatchObject({ endReason: 'by-owner' })
  await expect(review(mira, opening)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(review(await world.as('sana'), opening)).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })
  await expect(review(admin, opening)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(review(jonas, opening, { reason: 'fine' })).rejects.toMatchObject({ code: 'REASON_REQUIRED' })
  await expect(review(jonas, { ...opening, digest: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'APPROVAL_SIGNATURE_INVALID' })
  const reviewed = await review(jonas, opening)
  expect(reviewed.review).toMatchObject({ person: { sub: 'jonas' }, decision: 'approve', reason: words })
  await expect(review(jonas, opening)).rejects.toMatchObject({ code: 'APPROVAL_ALREADY_VOTED' })
  expect((await about(opening.id)).at(-1)).toMatchObject({ kind: 'break-glass.reviewed', vote: { person: { sub: 'jonas' } } })
})

describe('it is refused', () => {
  let by: BreakGlassRule
  beforeAll(async () => {
    by = await rule(await world.connection('refused'))
  })
  const opensNothing = async () =>
    expect((await desktopOf(admin)['break-glass:overview'](undefined)).openings.filter(({ input }) => input.rule === by.id)).toEqual([])

  test.for<[string, string, (request: BreakGlassOpenRequest) => BreakGlassOpenRequest]>([
    ['without a fresh sign-in', 'STEP_UP_REQUIRED', ({ stepUp: _stepUp, ...request }) => request],
    ['with a fresh sign-in that is none', 'STEP_UP_INVALID', (request) => ({ ...request, stepUp: 'x.y.z' })],
    [
      'with a fresh sign-in for another reason',
      'STEP_UP_INVALID',
      (request) => ({ ...request, input: { ...request.input, reason: `${reason}!` } }),
    ],
    [
      'when its signature is another one',
      'APPROVAL_SIGNATURE_INVALID',
      (request) => ({ ...request, signature: `AAAA${request.signature.slice(4)}` }),
    ],
    ['when it was signed long ago', 'APPROVAL_SIGNATURE_INVALID', (request) => ({ ...request, at: '2026-01-01T00:00:00.000Z' })],
  ])('%s', async ([, code, change]) => {
    const refused = desktopOf(mira, change)['break-glass:open']({ rule: by, minutes: 15, reason })
    await expect(refused).rejects.toMatchObject({ code })
    await opensNothing()
  })

  test.for<[string, string, Partial<BreakGlassTerms>, { minutes?: number; reason?: string }]>([
    ['with a reason of a few words', 'BREAK_GLASS_REASON', {}, { reason: 'it is urgent' }],
    ['for longer than the rule allows', 'BREAK_GLASS_TOO_LONG', {}, { minutes: 21 }],
    ['for more tools than the rule names', 'CONFLICT', { tools: ['risky', 'guarded'] }, {}],
    ['for another connection than the rule’s', 'CONFLICT', { connection: 'broken' as ConnectionName }, {}],
    ['with other reviewers', 'CONFLICT', { reviewers: ['operators'] }, {}],
  ])('%s', async ([, code, terms, more]) => {
    await expect(open(mira, { ...by, terms: { ...by.terms, ...terms } }, more)).rejects.toMatchObject({ code })
    await opensNothing()
  })

  test('to whom the rule does not name, and to who may not use the connection', async () => {
    expect((await desktopOf(tomas)['break-glass:overview'](undefined)).offers.map(({ id }) => id)).not.toContain(by.id)
    await expect(open(tomas, by)).rejects.toMatchObject({ code: 'BREAK_GLASS_NOT_NAMED' })
    await expect(open(jonas, by)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('when three are not reviewed yet; and twice at once', async () => {
    const opened = []
    for (let at = 0; at < 3; at += 1) {
      const opening = await open(both, by)
      opened.push(opening)
      await expect(open(both, by)).rejects.toMatchObject({ code: 'CONFLICT' })
      await end(both, opening)
    }
    await expect(open(both, by)).rejects.toMatchObject({ code: 'BREAK_GLASS_REVIEWS_DUE', data: { count: 3 } })
    // a reviewer of the rule, and not independent
    await expect(review(both, opened[0]!)).rejects.toMatchObject({ code: 'APPROVAL_OWN_REQUEST' })
    for (const opening of opened) await review(jonas, opening)
  })
})

describe('it lets pass only what it is about', () => {
  test('other tools, other people and other connections are held as ever, and what is denied stays denied', async () => {
    const by = await rule(await world.connection('narrow'))
    const elsewhere = await world.connection('elsewhere')
    const session = await openOn(mira, by.terms.connection)
    const opening = await open(mira, by)
    const [own, other] = [await openOn(mira, elsewhere), await openOn(tomas, by.terms.connection)]
    await expectHeld(mira, call(mira, session, 'guarded'))
    await expectHeld(mira, call(mira, own))
    await expectHeld(tomas, call(tomas, other))
    const denied = await exchange(mira, session.id, toolCall('echo', { text: 'forbidden' })).done
    expect(rpcOf(denied).result?.isError).toBe(true)
    const passes = call(mira, session)
    expect(await answered(passes)).toContain(passes.marker)
    await end(mira, opening)
    await review(jonas, opening)
  })

  test('a request from before the rule is not covered by it; repeated, it is', async () => {
    const connection = await world.connection('before-the-rule')
    const session = await openOn(mira, connection)
    const earlier = call(mira, session)
    await until(
      async () => (await jonas.api.call('approvals')).approvals.some(({ argumentsText }) => argumentsText.includes(earlier.marker)),
      'it is held',
    )
    const opening = await open(mira, await rule(connection))
    const later = call(mira, session)
    expect(await answered(later)).toContain(later.marker)
    await expectHeld(mira, earlier)
    await end(mira, opening)
    await review(jonas, opening)
  })
})

describe('it ends at once', () => {
  async function broken(name: string) {
    const by = await rule(await world.connection(name))
    const session = await openOn(mira, by.terms.connection)
    return { by, session, opening: await open(mira, by) }
  }
  async function expectOver(session: Session, { id }: BreakGlassOpening, why: string): Promise<void> {
    await expectHeld(mira, call(mira, session))
    const over = async () => (await world.entries()).find((entry) => entry.kind === 'break-glass.ended' && entry.breakGlass === id)
    await until(async () => (await over()) !== undefined, 'its end is logged')
    expect(await over()).toMatchObject({ reason: why })
  }

  test('by a reviewer, who says why; not by others', async () => {
    const { session, opening } = await broken('stopped')
    await expect(end(tomas, opening, 'I do not like it')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(end(await world.as('helene'), opening, 'I do not like it')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(end(jonas, opening)).rejects.toMatchObject({ code: 'REASON_REQUIRED' })
    expect(await end(jonas, opening, 'this is no incident')).toMatchObject({ endedBy: 'jonas', because: 'this is no incident' })
    await expectOver(session, opening, 'stopped')
    await review(jonas, opening)
  })

  test('with its rule, that is changed', async () => {
    const { by, session, opening } = await broken('changed')
    await desktopOf(admin)['break-glass:set-rule']({ id: by.id, terms: { ...by.terms, maxMinutes: 5 }, before: by.version })
    await expectOver(session, opening, 'rule-changed')
    await review(jonas, opening)
  })

  test('with the group by which its rule names somebody', async () => {
    const by = await rule(await world.connection('left'), { people: [], groups: ['data-oncall'] })
    const session = await openOn(mira, by.terms.connection)
    const opening = await open(mira, by)
    await world.changeGroups('mira', ['operators'])
    await expectOver(session, opening, 'groups-lost')
    await expect(open(mira, by)).rejects.toMatchObject({ code: 'BREAK_GLASS_NOT_NAMED' })
    await review(jonas, opening)
  })

  test('by its time, also over a restart of the gateway', async () => {
    const by = await rule(await world.connection('runs-out'))
    const session = await openOn(mira, by.terms.connection)
    const opening = await open(mira, by, { minutes: 2 })
    await world.restart({ sessions: [session.id] })
    world.agent.script = echo
    const passes = call(mira, session)
    expect(await answered(passes)).toContain(passes.marker)
    const left = () => Date.parse(opening.endsAt) - world.time.clock.now().getTime()
    world.time.advance(left() - 30_000)
    const last = call(mira, session)
    expect(await answered(last)).toContain(last.marker)
    // its timer was set a moment after the time was read
    world.time.advance(left() + 5000)
    await expectOver(session, opening, 'time-over')
    await review(jonas, opening)
  })
})

test('who audits the log finds every call joined to its opening, and nothing that does not follow', async () => {
  const { logKey } = await admin.api.call('me')
  const key = parseVerifierKey(logKey)
  if (!key.ok) throw new Error(key.problem)
  const { findings } = await checkStore({ log: join(world.root, 'log'), recordings: join(world.root, 'recordings') }, key.key)
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
})
