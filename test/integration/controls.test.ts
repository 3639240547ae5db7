/** The SOC 2 page's tests against the real gateway: each holds on one that is in order, and fails where the control was taken away. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, expect, test } from 'vitest'
import { controlId, type ControlTestResult } from '../../src-protocol/controls.ts'
import type { Session } from '../../src-protocol/model.ts'
import { exchange, maskingText, openEcho, policyText, toolCall, until } from './gateway-harness.ts'
import { useTestGateway } from './use-test-gateway.ts'

const the = useTestGateway({ people: ['operator', 'auditor'], limits: { holdSeconds: 1 } })

let session: Session

beforeAll(async () => {
  session = await openEcho(the.operator)
  for (const text of ['hello', 'forbidden', 'card 4111111111111111']) {
    await exchange(the.operator, session.id, toolCall('echo', { text })).done
  }
})

const tryOut = (control: ControlTestResult['control']) => the.auditor.api.call('testControl', { control })
const period = () => ({
  from: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
  to: new Date().toISOString().slice(0, 10),
})

async function recordingFile(id: string): Promise<string> {
  let found: string | undefined
  await until(async () => {
    const files = await readdir(the.gateway.recordings, { recursive: true })
    found = files.find((file) => file.includes(`${id}.jsonl`) && !file.startsWith('open'))
    return found !== undefined
  }, 'the recording is among the finished ones')
  return join(the.gateway.recordings, found ?? '')
}

test('without a closed session there is nothing to try recordings on, and that is said', async () => {
  expect(await tryOut('PI1.4')).toMatchObject({ outcome: 'not-possible' })
  await the.operator.api.call('endSession', { id: session.id })
  await recordingFile(session.id)
})

test.for(controlId.options)('%s holds on a gateway that is in order, says what was done, and stands in the log', async (control) => {
  const { size: before } = JSON.parse(JSON.stringify({ size: (await the.auditor.api.call('logCheckpoint')).note.split('\n')[1] })) as {
    size: string
  }
  const result = await tryOut(control)
  expect(result).toMatchObject({ control, outcome: 'held' })
  expect(result.steps.length).toBeGreaterThan(0)
  expect(result.logIndex).toBeGreaterThanOrEqual(Number(before))
  expect((await the.auditor.api.call('logCheckpoint')).note.split('\n')[1]).toBe(String(result.logIndex + 1))
})

test('counts what is held, and says what is missing', async () => {
  const { controls } = await the.auditor.api.call('controls', period())
  expect(controls.map(({ control }) => control)).toEqual(controlId.options)
  const held = new Map(controls.map(({ control, held: parts }) => [control, new Map(parts.map(({ what, count }) => [what, count]))]))
  expect(held.get('CC6.1')?.get('calls decided by policy')).toBe(3)
  expect(held.get('CC6.1')?.get('of them denied')).toBe(1)
  expect(held.get('CC7.2')?.get('recorded sessions')).toBe(1)
  expect(held.get('PI1.4')?.get('recordings closed, with count and root')).toBe(1)
  expect(held.get('CC8.1')?.get('versions of policy and masking put in force')).toBe(2)
  expect(controls.find(({ control }) => control === 'CC8.1')?.missing.join(' ')).toContain('one administrator alone')
})

test('a policy that allows everything fails the test of the default', async () => {
  const open = `${policyText}  - { id: everything, match: { tools: ['*'] }, effect: allow, because: Anything goes. }\n`
  await the.admin.api.call('activatePolicy', { kind: 'policy', text: open, message: 'for a test' })
  const result = await tryOut('CC6.1')
  expect(result.outcome).toBe('failed')
  expect(result.steps.join(' ')).toContain('everything')
  await the.admin.api.call('activatePolicy', { kind: 'policy', text: policyText, message: 'back again' })
  expect(await tryOut('CC6.1')).toMatchObject({ outcome: 'held' })
})

test('masking that finds nothing fails the test with an invented value', async () => {
  const nothing = 'version: 1\nrules:\n  - { id: names, fields: [nickname], because: A nickname. }\n'
  await the.admin.api.call('activatePolicy', { kind: 'masking', text: nothing, message: 'for a test' })
  expect(await tryOut('C1.1')).toMatchObject({ outcome: 'failed' })
  await the.admin.api.call('activatePolicy', { kind: 'masking', text: maskingText, message: 'back again' })
  expect(await tryOut('C1.1')).toMatchObject({ outcome: 'held' })
  // what was written for it is gone
  expect((await readdir(join(the.gateway.root, 'data'))).filter((name) => name.startsWith('control-test'))).toEqual([])
})

test('a recording that was changed fails its root; one that lacks a record fails its count', async () => {
  const other = await openEcho(the.operator)
  await exchange(the.operator, other.id, toolCall('echo', { text: 'original' })).done
  await the.operator.api.call('endSession', { id: other.id })
  const file = await recordingFile(other.id)
  // the archive may compress it: wait for the plain file only as long as it is there
  if (!file.endsWith('.jsonl')) return
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replaceAll('original', 'replaced'))
  const changed = await tryOut('A1.2')
  expect(changed).toMatchObject({ outcome: 'failed' })
  expect(changed.steps.join(' ')).toContain(other.id)
  expect(await tryOut('PI1.4')).toMatchObject({ outcome: 'held' })
  await writeFile(file, text.split('\n').toSpliced(2, 1).join('\n'))
  expect(await tryOut('PI1.4')).toMatchObject({ outcome: 'failed' })
  await writeFile(file, text)
  expect(await tryOut('A1.2')).toMatchObject({ outcome: 'held' })
})

test('a policy text that was changed in the database fails the test of the approved hash', async () => {
  const database = new Database(join(the.gateway.root, 'data', 'gateway.sqlite'))
  const change = (from: string, to: string) =>
    database.prepare('UPDATE policy_versions SET text = replace(text, ?, ?) WHERE kind = ? AND active = 1').run(from, to, 'policy')
  change('Echo harms nobody.', 'Echo harms somebody.')
  expect(await tryOut('CC8.1')).toMatchObject({ outcome: 'failed' })
  change('Echo harms somebody.', 'Echo harms nobody.')
  expect(await tryOut('CC8.1')).toMatchObject({ outcome: 'held' })
  database.close()
})

test('nobody but auditors and administrators has a control tried', async () => {
  await expect(the.operator.api.call('testControl', { control: 'CC6.6' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
})
