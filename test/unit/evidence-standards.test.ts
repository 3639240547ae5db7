import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { ocsfEvents } from '../../src-core/evidence/ocsf-events.ts'
import { oscalResults } from '../../src-core/evidence/oscal-results.ts'
import {
  closeRecordFixture,
  messageRecordFixture,
  openRecordFixture,
  recordsFixture,
} from '../../src-core/recording/sealed-recording.fixture.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'

const standard = (file: string): object => JSON.parse(readFileSync(join(import.meta.dirname, '../standards', file), 'utf8')) as object
const problemsOf = (validate: ValidateFunction, value: unknown) =>
  validate(value) ? [] : validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`)

describe('OCSF 1.8.0, API Activity (6003), as compiled from the published schema', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(
    standard('ocsf-api-activity.schema.json'),
  )

  const refused = messageRecordFixture(3, {
    kind: 'request',
    exchange: 2,
    tool: 'drop_table',
    decision: { effect: 'deny', rule: null, policyVersion: 'p', because: 'No rule allows it.' },
  })
  const failed = messageRecordFixture(4, {
    kind: 'response',
    exchange: 2,
    id: refused.id,
    body: '{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"denied"}}',
  })
  const lost = messageRecordFixture(5, { kind: 'request', exchange: 3, method: 'resources/read', tool: undefined })
  const error: SessionRecord = { v: 1, seq: 6, at: lost.at, kind: 'error', exchange: 3, code: 'SERVER_STOPPED', message: 'It stopped.' }
  const unanswered = messageRecordFixture(7, { kind: 'request', exchange: 4 })
  const records = [...recordsFixture(2).slice(0, 3), refused, failed, lost, error, unanswered, closeRecordFixture(8)]

  test('every event is valid', () => {
    const events = [...ocsfEvents(records, '0.1.0')]
    expect(events).toHaveLength(4)
    for (const event of events) expect(problemsOf(validate, event)).toEqual([])
    expect(events.map((event) => [event['action'], event['status']])).toEqual([
      ['Allowed', 'Success'],
      ['Denied', 'Failure'],
      ['Allowed', 'Failure'],
      ['Allowed', 'Unknown'],
    ])
    expect(events[2]).toMatchObject({ activity_id: 2, status_code: 'SERVER_STOPPED' })
  })

  test('the schema refuses what is missing, what is unknown, and a value that is none of an enumeration', () => {
    const [event] = ocsfEvents([openRecordFixture(), refused], '0.1.0')
    expect(problemsOf(validate, { ...event, actor: undefined })).not.toEqual([])
    expect(problemsOf(validate, { ...event, surprise: 1 })).not.toEqual([])
    expect(problemsOf(validate, { ...event, action_id: 7 })).not.toEqual([])
    expect(problemsOf(validate, { ...event, actor: {} })).not.toEqual([])
  })
})

describe('OSCAL assessment results 1.2.1', () => {
  // its patterns use classes of Unicode, so that they need the flag that ajv sets
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(
    standard('oscal-assessment-results.schema.json'),
  )
  const input = {
    gateway: 'gate.example',
    from: '2026-07-01T00:00:00.000Z',
    to: '2026-10-01T00:00:00.000Z',
    collected: '2026-10-02T08:00:00.000Z',
    files: new Map([['population/decisions.csv', 'ef'.repeat(32)]]),
  }

  test('the document is valid, names only evidence that is there, and never says that a control is satisfied', () => {
    const document = oscalResults(input)
    expect(problemsOf(validate, document)).toEqual([])
    const text = JSON.stringify(document)
    expect(text).not.toMatch(/"satisfied"/)
    for (const [, id] of text.matchAll(/"href":"#([^"]+)"/g)) expect(text).toContain(`"uuid":"${id}"`)
  })

  test('the same pack gives the same document, another one other ids', () => {
    expect(oscalResults(input)).toEqual(oscalResults(input))
    expect(JSON.stringify(oscalResults({ ...input, files: new Map([['population/decisions.csv', 'ab'.repeat(32)]]) }))).not.toContain(
      (oscalResults(input)['assessment-results'] as { uuid: string }).uuid,
    )
  })

  test('the schema refuses what is missing', () => {
    const { 'assessment-results': results } = oscalResults(input) as { 'assessment-results': object }
    expect(problemsOf(validate, { 'assessment-results': { ...results, results: [] } })).not.toEqual([])
  })
})
