import type { Explanation } from './explained-differences.ts'
import type { Check, Results } from './suites.ts'

/** Verdicts on one check on both sides; a check can be made several times in a scenario. */
export interface CheckDifference {
  check: string
  direct: string[]
  tunnel: string[]
  /** why it may be so */
  because?: string
}

export type ScenarioComparison =
  | { scenario: string; verdict: 'same'; checks: number; failing: number }
  | { scenario: string; verdict: 'explained' | 'differs'; differences: CheckDifference[] }

/** Scenario by scenario; one that ran on one side only differs. What a suite merely notes (`INFO`) is no verdict. */
export function compareResults(direct: Results, tunnel: Results, explanations: readonly Explanation[] = []): ScenarioComparison[] {
  const scenarios = new Set([...direct.keys(), ...tunnel.keys()])
  return [...scenarios].map((scenario) => {
    const [before, after] = [verdictsOf(direct.get(scenario)), verdictsOf(tunnel.get(scenario))]
    const differences = [...new Set([...before.keys(), ...after.keys()])]
      .map((check): CheckDifference => ({ check, direct: before.get(check) ?? [], tunnel: after.get(check) ?? [] }))
      .filter((one) => statuses(one.direct) !== statuses(one.tunnel))
      .map((one) => explain(scenario, one, explanations))
    if (differences.length > 0) {
      return { scenario, verdict: differences.every(({ because }) => because !== undefined) ? 'explained' : 'differs', differences }
    }
    const all = [...before.values()].flat()
    return { scenario, verdict: 'same', checks: all.length, failing: all.filter((status) => status.startsWith('FAILURE')).length }
  })
}

/** check → its verdicts, with the message of those that are no success */
function verdictsOf(
  checks: readonly Check[] = [{ id: 'scenario', status: 'SKIPPED', errorMessage: 'did not run' }],
): Map<string, string[]> {
  const verdicts = new Map<string, string[]>()
  for (const { id, status, errorMessage } of checks) {
    if (status === 'INFO') continue
    verdicts.set(id, [...(verdicts.get(id) ?? []), errorMessage === undefined ? status : `${status} (${errorMessage})`])
  }
  return verdicts
}

/** Messages name ports and ids, so only the statuses are compared. */
const statuses = (verdicts: readonly string[]): string => verdicts.map((verdict) => verdict.split(' ', 1)[0]).join(' ')

function explain(scenario: string, difference: CheckDifference, explanations: readonly Explanation[]): CheckDifference {
  const found = explanations.find(
    (one) =>
      one.scenario === scenario &&
      one.check === difference.check &&
      one.direct === statuses(difference.direct) &&
      one.tunnel === statuses(difference.tunnel),
  )
  return found ? { ...difference, because: found.because } : difference
}
