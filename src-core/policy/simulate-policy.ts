import type { MaskApplied } from '../../src-protocol/model.ts'
import type { MessageRecord, OpenRecord, SessionRecord } from '../../src-protocol/recording.ts'
import type { PolicySimulation, SimulatedChange, SimulatedEffect } from '../../src-protocol/simulation.ts'
import { isJsonObject, type JsonValue } from '../json/json-value.ts'
import { summariseRequest } from '../recording/message-summary.ts'
import type { ArgumentsRead } from './condition-check.ts'
import { decideMessage } from './decide-message.ts'
import type { MessageFacts } from './decision.ts'
import type { Policy } from './policy.ts'

/** Beyond it changes are counted and no longer listed. */
export const listedChanges = 2000

/** Runs a policy over what was recorded, one session after the other. */
export interface Simulation {
  /** takes the records of one session, one after the other */
  session(): (record: SessionRecord | 'unreadable') => void
  /** the same for all of them. @returns how many messages it decided about */
  add(records: Iterable<SessionRecord>): number
  result(): PolicySimulation
}

/**
 * What a draft would have decided about recorded messages, beside what was decided then. Recorded arguments are masked: where a condition
 * would read a value that is not there any more, and its answer could matter, the message is indeterminate, and never guessed.
 */
export function createSimulation(policy: Policy): Simulation {
  const counts = new Map<string, PolicySimulation['transitions'][number]>()
  const changes: SimulatedChange[] = []
  let sessions = 0
  let messages = 0
  let unreadable = 0

  function decideAgain(open: OpenRecord, record: MessageRecord): void {
    const from = record.decision?.effect
    if (from === undefined) return
    const message = parseBody(record.body)
    if (message === undefined) {
      unreadable += 1
      return
    }
    messages += 1
    const facts = factsOf(open, record, message)
    const { effect: to, rule, because } = simulateMessage(policy, facts, maskedArguments(record))
    const key = `${from} ${to}`
    const count = counts.get(key) ?? { from, to, count: 0 }
    counts.set(key, { ...count, count: count.count + 1 })
    if (from === to || changes.length >= listedChanges) return
    const { seq, at, method, tool } = record
    changes.push({
      session: open.session,
      seq,
      at,
      person: { sub: open.person.sub, name: open.person.name },
      connection: open.connection,
      method,
      ...(tool !== undefined && { tool }),
      summary: summariseRequest(record.body).slice(0, 200),
      from,
      fromRule: record.decision?.rule ?? null,
      to,
      rule,
      because,
    })
  }

  function session(): (record: SessionRecord | 'unreadable') => void {
    let open: OpenRecord | undefined
    return (record) => {
      if (record === 'unreadable') unreadable += 1
      else if (record.kind === 'open') {
        open = record
        sessions += 1
      } else if (open && (record.kind === 'request' || record.kind === 'notification')) decideAgain(open, record)
    }
  }

  return {
    session,
    add(records) {
      const before = messages
      const take = session()
      for (const record of records) take(record)
      return messages - before
    },
    result: () => ({
      policyVersion: policy.version,
      sessions,
      messages,
      unreadable,
      transitions: [...counts.values()].toSorted((one, other) => other.count - one.count),
      changes,
    }),
  }
}

/** Which members of the arguments lost something to masking. */
type Masked = ReadonlySet<string> | 'any' | undefined

interface Simulated {
  effect: SimulatedEffect
  rule: string | null
  because: string
}

/**
 * The rules whose conditions read a masked value could hold or not. If they all fail to hold and the answer is the same as with any one of
 * them, it is the same with every choice of them: deny goes before review before allow, so that one more rule never weakens another.
 */
function simulateMessage(policy: Policy, facts: MessageFacts, masked: Masked): Simulated {
  if (masked === undefined) return decideMessage(policy, facts)
  const open = policy.rulesFor(facts).filter(({ condition }) => condition !== undefined && readsMasked(condition.reads, masked))
  if (open.length === 0) return decideMessage(policy, facts)
  const without = (kept: string | undefined): Policy => ({
    ...policy,
    rulesFor: (target) =>
      policy
        .rulesFor(target)
        .filter((rule) => !open.includes(rule) || rule.id === kept)
        .map((rule) => (rule.id === kept ? { ...rule, condition: undefined } : rule)),
  })
  const base = decideMessage(without(undefined), facts)
  const certain = open.every((rule) => decideMessage(without(rule.id), facts).effect === base.effect)
  if (certain) return base
  const [first] = open
  return {
    effect: 'indeterminate',
    rule: first?.id ?? null,
    because: `The condition of the rule ${first?.id} reads a value that was masked in the recording.`,
  }
}

const readsMasked = (reads: ArgumentsRead, masked: Exclude<Masked, undefined>): boolean =>
  reads === 'whole' || masked === 'any' || [...reads].some((name) => masked.has(name))

function factsOf(open: OpenRecord, { method, tool }: MessageRecord, message: Record<string, JsonValue>): MessageFacts {
  const params = message['params']
  const args = method === 'tools/call' ? (isJsonObject(params) ? params['arguments'] : undefined) : params
  const { connection, server, person, dialect } = open
  return { connection, server, method, ...(method === 'tools/call' && { tool }), args, person, dialect }
}

function maskedArguments({ masks, method }: MessageRecord): Masked {
  if (masks.length === 0) return undefined
  const inside = method === 'tools/call' ? '/params/arguments/' : '/params/'
  const names = masks.map((mask) => memberOf(mask, inside))
  if (names.includes('any')) return 'any'
  const found = new Set(names.flatMap((name) => (typeof name === 'object' ? [name.member] : [])))
  return found.size === 0 ? undefined : found
}

/** The member under which a mask stands; `elsewhere` if it is outside, `any` if the member's own name was masked. */
function memberOf({ path }: MaskApplied, inside: string): { member: string } | 'elsewhere' | 'any' {
  if (!path.startsWith(inside)) return path.startsWith(inside.slice(0, -1)) || path === '' || path === '/params' ? 'any' : 'elsewhere'
  const [segment = ''] = path.slice(inside.length).split(/[/#]/, 1)
  return segment === '(name)' ? 'any' : { member: segment.replaceAll('~1', '/').replaceAll('~0', '~') }
}

function parseBody(body: string): Record<string, JsonValue> | undefined {
  try {
    const value = JSON.parse(body) as JsonValue
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
