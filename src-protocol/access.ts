/** Just-in-time access: which groups may use a connection, when, for how long, and what it takes to be let in (docs/access.md). */
import { z } from 'zod'
import { accessGrantId, accessRequestId, accessRuleId, connectionName, sha256Hex, timestamp } from './ids.ts'
import { person, vote } from './model.ts'

export const weekday = z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])
export type Weekday = z.infer<typeof weekday>

const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time such as 09:30')

/** Open on these days from one time of day to another; an end that is not after its begin lies on the next day. */
export const accessWindow = z.object({
  days: z.array(weekday).min(1).max(7),
  from: timeOfDay,
  to: timeOfDay,
})
export type AccessWindow = z.infer<typeof accessWindow>

export const accessSchedule = z.object({
  /** IANA name: `Europe/Berlin` */
  zone: z.string().min(1).max(64).refine(isTimeZone, 'an IANA time zone such as Europe/Berlin'),
  windows: z.array(accessWindow).min(1).max(20),
})
export type AccessSchedule = z.infer<typeof accessSchedule>

const groupName = z.string().trim().min(1).max(200)

/** What an administrator decides about access to a connection. */
export const accessTerms = z.object({
  connection: connectionName,
  /** what people call it */
  title: z.string().trim().min(1).max(120),
  /** who may ask; empty: everybody who may use the connection */
  groups: z.array(groupName).max(50),
  maxMinutes: z.number().int().min(1).max(10_080),
  /** reviewers in these groups decide; empty: nobody has to */
  approvers: z.array(groupName).max(50),
  reasonRequired: z.boolean(),
  ticketRequired: z.boolean(),
  /** RE2; the whole ticket has to match */
  ticketPattern: z.string().min(1).max(200).optional(),
  /** absent: at any time */
  schedule: accessSchedule.optional(),
})
export type AccessTerms = z.infer<typeof accessTerms>

export const accessRule = z.object({
  id: accessRuleId,
  terms: accessTerms,
  /** SHA-256 over the canonical JSON of the terms */
  version: sha256Hex,
  /** who set it last */
  by: z.string(),
  at: timestamp,
})
export type AccessRule = z.infer<typeof accessRule>

/** What the digest of a request covers; SHA-256 over its canonical JSON (RFC 8785). It is what a reviewer signs. */
export const accessDigestInput = z.object({
  v: z.literal(1),
  request: accessRequestId,
  nonce: z.string(),
  requester: z.string(),
  connection: connectionName,
  rule: accessRuleId,
  ruleVersion: sha256Hex,
  minutes: z.number().int().positive(),
  reason: z.string(),
  ticket: z.string().optional(),
  approvers: z.array(z.string()),
  decideBy: timestamp,
})
export type AccessDigestInput = z.infer<typeof accessDigestInput>

export const accessRequester = person.pick({ sub: true, name: true, email: true, groups: true })

export const accessRequestState = z.enum(['pending', 'granted', 'denied', 'expired', 'withdrawn', 'void'])
export type AccessRequestState = z.infer<typeof accessRequestState>

export const accessRequest = z.object({
  id: accessRequestId,
  state: accessRequestState,
  digest: sha256Hex,
  digestInput: accessDigestInput,
  requester: accessRequester,
  connection: connectionName,
  ruleTitle: z.string(),
  minutes: z.number().int(),
  reason: z.string(),
  ticket: z.string().optional(),
  requestedAt: timestamp,
  decideBy: timestamp,
  vote: vote.optional(),
  settledAt: timestamp.optional(),
  /** why it is void */
  because: z.string().optional(),
  grant: accessGrantId.optional(),
})
export type AccessRequest = z.infer<typeof accessRequest>

export const accessEndReason = z.enum([
  'time-over',
  'returned',
  'revoked',
  'groups-lost',
  'rule-changed',
  'rule-removed',
  'connection-removed',
])
export type AccessEndReason = z.infer<typeof accessEndReason>

export const accessGrant = z.object({
  id: accessGrantId,
  request: accessRequestId,
  rule: accessRuleId,
  ruleTitle: z.string(),
  connection: connectionName,
  person: accessRequester,
  reason: z.string(),
  ticket: z.string().optional(),
  approvedBy: person.pick({ sub: true, name: true }).optional(),
  startsAt: timestamp,
  endsAt: timestamp,
  endedAt: timestamp.optional(),
  endReason: accessEndReason.optional(),
  endedBy: z.string().optional(),
  because: z.string().optional(),
})
export type AccessGrant = z.infer<typeof accessGrant>

/** A rule as the person who looks would be treated by it now. */
export const accessOffer = z.object({
  rule: accessRule,
  /** why not now, as a sentence */
  obstacle: z.string().optional(),
  /** access that began now would end at this moment at the latest, because the rule closes then */
  closesAt: timestamp.optional(),
})
export type AccessOffer = z.infer<typeof accessOffer>

/**
 * How a person stands to a connection. `free`: no rule, whoever may use it starts sessions. `granted`: until the grant ends. `waiting`: a reviewer has to
 * decide. `ask`: access can be asked for. `closed`: not now, or not at all.
 */
export const accessStanding = z.object({
  state: z.enum(['free', 'granted', 'waiting', 'ask', 'closed']),
  /** why, in plain sentences */
  why: z.array(z.string()),
  grant: accessGrant.optional(),
  request: accessRequest.optional(),
  offers: z.array(accessOffer),
})
export type AccessStanding = z.infer<typeof accessStanding>

export const accessAsk = z.object({
  rule: accessRuleId,
  minutes: z.number().int().min(1).max(10_080),
  reason: z.string().trim().max(500),
  ticket: z.string().trim().max(200).optional(),
})
export type AccessAsk = z.infer<typeof accessAsk>

/** Somebody whom the gateway has seen. */
export const personSeen = z.object({
  person,
  firstSignInAt: timestamp.optional(),
  lastSignInAt: timestamp.optional(),
  /** when the identity provider last said something about them */
  lastSeenAt: timestamp,
})
export type PersonSeen = z.infer<typeof personSeen>

/** What somebody can reach, and why, or why not. */
export const personReach = z.object({
  connection: connectionName,
  title: z.string(),
  standing: accessStanding,
})
export type PersonReach = z.infer<typeof personReach>

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
