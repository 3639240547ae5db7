import type { PolicySimulation, SimulatedEffect, SimulationRun } from '../../../src-protocol/simulation.ts'

export interface SimulationSums {
  /** decided otherwise for certain */
  changed: number
  unchanged: number
  /** by what they would be; what cannot be told stands apart from what would change */
  transitions: PolicySimulation['transitions']
  indeterminate: number
}

/** What a person wants to know first: how much would be otherwise. */
export function sumUp({ transitions }: Pick<PolicySimulation, 'transitions'>): SimulationSums {
  const sum = (of: PolicySimulation['transitions']): number => of.reduce((total, { count }) => total + count, 0)
  const changes = transitions.filter(({ from, to }) => from !== to && to !== 'indeterminate')
  return {
    changed: sum(changes),
    unchanged: sum(transitions.filter(({ from, to }) => from === to)),
    transitions: changes.toSorted((one, other) => other.count - one.count),
    indeterminate: sum(transitions.filter(({ to }) => to === 'indeterminate')),
  }
}

export const effectWords: Record<SimulatedEffect, string> = {
  allow: 'Allow',
  mask: 'Mask',
  review: 'Review',
  deny: 'Deny',
  indeterminate: 'Indeterminate',
}

/** `15 calls change`, for the gate between the check and the activation. */
export function describeRun(run: SimulationRun | undefined, isCurrent: boolean): string {
  if (run === undefined) return 'not run'
  if (!isCurrent) return 'of an earlier text'
  if (run.state === 'running') return run.total === 0 ? 'running' : `${Math.floor((run.done / run.total) * 100)} %`
  if (run.result === undefined) return run.state
  const { changed } = sumUp(run.result)
  return changed === 1 ? '1 message changes' : `${count(changed)} messages change`
}

export const count = (number: number): string => number.toLocaleString('en')

export const counted = (number: number, one: string, many: string): string => `${count(number)} ${number === 1 ? one : many}`
