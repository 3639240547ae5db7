import type { BreakGlassOpening, BreakGlassTerms } from '../../src-protocol/break-glass.ts'
import type { ApprovalDigestInput, Person } from '../../src-protocol/model.ts'
import { compilePattern } from '../pattern.ts'

type Call = Pick<ApprovalDigestInput, 'requester' | 'connection' | 'method' | 'tool' | 'breakGlass'>

/** Only tools can be named, so only their calls pass: a resource or a prompt with the name of a tool is none. */
export const coversTool = (tools: readonly string[], { method, tool }: Pick<Call, 'method' | 'tool'>): boolean =>
  method === 'tools/call' && tools.some((pattern) => compilePattern(pattern)(tool))

/** Whether a rule is for this person, who has to be an operator in any case. */
export const isNamed = ({ people, groups }: Pick<BreakGlassTerms, 'people' | 'groups'>, person: Person): boolean =>
  person.roles.includes('operator') && (people.includes(person.sub) || groups.some((group) => person.groups.includes(group)))

/**
 * Whether an opening is about this call: the same person, connection and rule in the version that the request was made under, and one of the tools.
 * That it is still open is not asked here.
 */
export const coversCall = ({ input }: Pick<BreakGlassOpening, 'input'>, call: Call): boolean =>
  input.person === call.requester &&
  input.connection === call.connection &&
  call.breakGlass?.rule === input.rule &&
  call.breakGlass.version === input.ruleVersion &&
  coversTool(input.tools, call)

/** Written so that a time that is no time (NaN), and a clock that was set back, close it. */
export const isOpenAt = (opening: Pick<BreakGlassOpening, 'startsAt' | 'endsAt' | 'endedAt'>, now: Date): boolean =>
  opening.endedAt === undefined && now.getTime() >= Date.parse(opening.startsAt) && now.getTime() < Date.parse(opening.endsAt)
