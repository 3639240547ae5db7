import { expect, test } from 'vitest'
import type { AccessRule } from '../../../src-protocol/access.ts'
import { draftOf, newWindow, problemsOf, termsOf, type RuleDraft } from './rule-draft.ts'

const whole = { ...draftOf(undefined, 'Europe/Berlin'), connection: 'orders-db', title: 'On call' }

test('a new rule asks for a reason and nothing else, at any time', () => {
  expect(problemsOf(whole)).toEqual({})
  expect(termsOf(whole)).toEqual({
    connection: 'orders-db',
    title: 'On call',
    groups: [],
    maxMinutes: 60,
    approvers: [],
    reasonRequired: true,
    ticketRequired: false,
  })
})

test('a schedule and a ticket’s form count only where they are switched on', () => {
  const ticket = { ...whole, ticketPattern: ' INC-[0-9]+ ' }
  expect(termsOf(ticket).ticketPattern).toBeUndefined()
  expect(termsOf({ ...ticket, ticketRequired: true }).ticketPattern).toBe('INC-[0-9]+')
  expect(termsOf({ ...whole, scheduled: true }).schedule).toEqual({ zone: 'Europe/Berlin', windows: [newWindow] })
})

test.for([
  ['connection', { connection: '' }],
  ['title', { title: '  ' }],
  ['maxMinutes', { maxMinutes: 0 }],
  ['maxMinutes', { maxMinutes: Number.NaN }],
  ['zone', { scheduled: true, zone: 'Berlin' }],
  ['windows', { scheduled: true, windows: [{ ...newWindow, days: [] }] }],
  ['windows', { scheduled: true, windows: [{ ...newWindow, to: '24:00' }] }],
] satisfies [string, Partial<RuleDraft>][])('what is missing is said at its field: %s', ([field, change]) => {
  expect(Object.keys(problemsOf({ ...whole, ...change }))).toEqual([field])
})

test('a rule that is edited begins as it is', () => {
  const terms = termsOf({ ...whole, groups: ['data-oncall'], ticketRequired: true, ticketPattern: 'INC-[0-9]+', scheduled: true })
  const rule = { id: 'acr_AAAAAAAAAAAAAAAA', terms, version: 'a'.repeat(64), by: 'u-1', at: '2026-11-22T10:00:00.000Z' } as AccessRule
  expect(termsOf(draftOf(rule, 'Etc/UTC'))).toEqual(terms)
})
