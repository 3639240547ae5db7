import type { CelInput } from '@bufbuild/cel'
import type { Person } from '../../src-protocol/model.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts'
import { createLookalikeSearch, hasTwins } from '../json/lookalike-names.ts'
import type { ArgumentsRead } from './condition-check.ts'

/** What conditions may see of one message's arguments; above it the message is in doubt. */
export const conditionLimits = { characters: 262_144, elements: 1000, depth: 64 }

export class ConditionInputTooLarge extends Error {}
/** A program that does not care for the case of names would read other arguments than the condition. */
export class ConditionInputAmbiguous extends Error {}

const searches = new WeakMap<object, (args: JsonObject) => string | undefined>()

/** Whether an argument is one of those that a condition reads to whoever does not care for case, and is not written like it. */
export function hasLookalike(args: JsonObject, reads: ReadonlySet<string>): boolean {
  const known = searches.get(reads)
  const search = known ?? createLookalikeSearch(reads)
  if (!known) searches.set(reads, search)
  return search(args) !== undefined
}

/**
 * The arguments as a condition sees them: objects are maps (so that no name of JavaScript's own objects shines through)
 * and numbers are doubles. Only what the condition names is converted.
 */
export function conditionArguments(args: JsonValue | undefined, reads: ArgumentsRead): CelInput {
  const left = { ...conditionLimits }
  if (args === undefined) return new Map()
  if (!isJsonObject(args) || reads === 'whole') return convert(args, left, 0)
  if (hasLookalike(args, reads)) throw new ConditionInputAmbiguous()
  const named = new Map<string, CelInput>()
  for (const name of reads) {
    if (Object.hasOwn(args, name)) named.set(name, convert(args[name] as JsonValue, left, 0))
  }
  return named
}

function convert(value: JsonValue, left: { characters: number; elements: number }, depth: number): CelInput {
  if (depth > conditionLimits.depth) throw new ConditionInputTooLarge()
  left.elements -= 1
  if (typeof value === 'string') left.characters -= value.length
  if (left.elements < 0 || left.characters < 0) throw new ConditionInputTooLarge()
  if (Array.isArray(value)) return value.map((item) => convert(item, left, depth + 1))
  if (!isJsonObject(value)) return value
  if (hasTwins(value)) throw new ConditionInputAmbiguous()
  const map = new Map<string, CelInput>()
  for (const [name, item] of Object.entries(value)) {
    left.characters -= name.length
    map.set(name, convert(item, left, depth + 1))
  }
  return map
}

export function conditionUser(person: Person): CelInput {
  const user = new Map<string, CelInput>([
    ['sub', person.sub],
    ['name', person.name],
    ['groups', person.groups],
    ['roles', person.roles],
  ])
  if (person.email !== undefined) user.set('email', person.email)
  return user
}
