import { compilePattern } from '../pattern.ts'

/** How long calls of some clients may be held. */
export interface HoldRule {
  /** matches the client's name, or its name and version; `*` stands for anything; upper and lower case are the same */
  client: string
  seconds: number
  /** of a client whose patience each sign of progress renews: with a progress token it may be held so long */
  secondsWithProgress?: number | undefined
}

/**
 * What is known of clients, as their users report it. A call must be settled before its client gives up: a client that is told to repeat the
 * call does so, one that has run into its time-out shows an error.
 */
const knownClients: readonly HoldRule[] = [
  // Claude Desktop: fixed, some builds after 60 seconds, others after 240; progress does not renew it
  { client: 'claude-ai*', seconds: 50 },
  // Claude Code: five minutes of silence, which progress renews
  { client: 'claude-code*', seconds: 280, secondsWithProgress: 900 },
  // VS Code: about five minutes
  { client: 'visual studio code*', seconds: 280 },
  { client: 'vscode*', seconds: 280 },
]

/** The SDK's default is 60 seconds, and progress renews it only for a caller who asked for progress. */
const longestWithoutProgress = 50

export interface HoldFacts {
  /** name, or name and version, as the client calls itself */
  client: string | undefined
  /** the request brought a progress token */
  progress: boolean
}

/**
 * Seconds for which a call is held before its client is told to repeat it. The first rule that fits decides; the administrator's come first.
 * @param standard for clients that no rule knows
 */
export function holdBudget(rules: readonly HoldRule[], standard: number, { client, progress }: HoldFacts): number {
  const rule = client === undefined ? undefined : [...rules, ...knownClients].find((candidate) => fits(candidate.client, client))
  if (rule) return progress ? (rule.secondsWithProgress ?? rule.seconds) : rule.seconds
  return progress ? standard : Math.min(standard, longestWithoutProgress)
}

function fits(pattern: string, client: string): boolean {
  const matches = compilePattern(pattern.toLowerCase())
  const name = client.toLowerCase()
  return matches(name) || matches(name.replace(/ [^ ]*$/, ''))
}
