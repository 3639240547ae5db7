import type { PolicyDocument, PolicyRule } from '../../src-protocol/policy-document.ts'
import { compilePattern } from '../pattern.ts'
import { isProtocolMethod } from './protocol-methods.ts'

export interface IdleRule {
  /** its place in the document */
  rule: number
  message: string
}

const precedence = { allow: 0, mask: 1, review: 2, deny: 3 } as const

/** A rule that masks counts also where another one holds the call. */
const goesBefore = (one: PolicyRule, other: PolicyRule): boolean =>
  other.effect === 'mask' ? one.effect === 'deny' : precedence[one.effect] > precedence[other.effect]

const maskAndReview = (one: PolicyRule, other: PolicyRule): boolean =>
  (one.effect === 'mask' && other.effect === 'review') || (one.effect === 'review' && other.effect === 'mask')

/** Effects of which one says what several say; terms of reviews and masks add up. */
const repeats: ReadonlySet<PolicyRule['effect']> = new Set(['allow', 'deny'])

/** A character that no pattern of a document can name, so that only a `*` takes it: it stands for "anything" in a pattern. */
const anything = '\u{10ffff}'

/**
 * Rules that never change what is decided, and pairs that say different things about the same messages. Exact about the matching part:
 * conditions are not compared but for being the same text.
 *
 * A pattern stands for all names that it matches; the name that it gives when every `*` is a character that no pattern holds is its most
 * general one: a set of patterns covers all names of the pattern if and only if one of them matches that name.
 */
export function findIdleRules(document: PolicyDocument): IdleRule[] {
  const rules = document.rules.map((rule, index) => ({ rule, index, matches: matcherOf(rule) }))
  return rules.flatMap(({ rule, index }) => {
    const points = generalPoints(rule)
    const withoutProtocol = points.filter((point) => rule.effect === 'deny' || !isProtocolMethod(point.method))
    if (withoutProtocol.length === 0) {
      return [
        { rule: index, message: `the rule ${rule.id} has no effect: housekeeping of the protocol is allowed unless a rule denies it` },
      ]
    }
    const covering = (others: typeof rules) => {
      const taken = new Set<string>()
      const all = withoutProtocol.every((point) => {
        const first = others.find((other) => other.matches(point))
        if (first) taken.add(first.rule.id)
        return first !== undefined
      })
      return all ? [...taken].join(', ') : undefined
    }
    const unconditional = rules.filter((other) => other.index !== index && other.rule.when === undefined)
    const stronger = covering(unconditional.filter((other) => goesBefore(other.rule, rule)))
    if (stronger !== undefined) return [{ rule: index, message: `the rule ${rule.id} never decides: ${stronger} always goes before it` }]

    const twin = rules.find(
      (other) =>
        other.index < index &&
        other.rule.when === rule.when &&
        other.rule.effect !== rule.effect &&
        !maskAndReview(other.rule, rule) &&
        points.every((point) => other.matches(point)) &&
        generalPoints(other.rule).every((point) => matcherOf(rule)(point)),
    )
    if (twin) {
      return [
        {
          rule: index,
          message: `the rules ${twin.rule.id} and ${rule.id} are about the same messages and say ${twin.rule.effect} and ${rule.effect}`,
        },
      ]
    }
    // of two rules that are alike the later one is told
    const alike = unconditional.filter(
      (other) => other.rule.effect === rule.effect && repeats.has(rule.effect) && (rule.when !== undefined || other.index < index),
    )
    const same = covering(alike)
    return same === undefined ? [] : [{ rule: index, message: `the rule ${rule.id} adds nothing: ${same} says ${rule.effect} already` }]
  })
}

interface Point {
  connection: string
  method: string
  /** undefined: a method that names no tool */
  tool: string | undefined
}

const generalName = (pattern: string): string => pattern.replaceAll(/\*+/g, anything)

/** The most general messages that the rule is about, one for each combination of its patterns. */
function generalPoints({ match }: PolicyRule): Point[] {
  return match.connections.flatMap((connection) =>
    match.methods.flatMap((method) => {
      const about = { connection: generalName(connection), method: generalName(method) }
      // `*` and `tools/*` stand for calls of tools, and for methods without a tool
      const tools = compilePattern(method)('tools/call')
        ? match.tools.map((tool) => ({ ...about, method: 'tools/call', tool: generalName(tool) }))
        : []
      const others = method !== 'tools/call' && match.tools.includes('*') ? [{ ...about, tool: undefined }] : []
      return [...tools, ...others]
    }),
  )
}

function matcherOf({ match }: PolicyRule): (point: Point) => boolean {
  const [connections, methods, tools] = [match.connections, match.methods, match.tools].map((patterns) => patterns.map(compilePattern))
  const everyTool = match.tools.includes('*')
  const matchesOne = (patterns: typeof connections, name: string) => patterns?.some((matches) => matches(name)) ?? false
  return ({ connection, method, tool }) =>
    matchesOne(connections, connection) && matchesOne(methods, method) && (tool === undefined ? everyTool : matchesOne(tools, tool))
}
