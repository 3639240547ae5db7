import type { Verification, VerificationReason, VerificationStep } from '../../src-protocol/verification.ts'

/** How one step came out, before it has a name and a duration. */
export type StepResult =
  | { outcome: 'passed' | 'skipped'; title: string; sentence: string; facts?: Facts }
  | { outcome: 'failed'; reason: VerificationReason; seq?: number; title: string; sentence: string; facts?: Facts }

type Facts = VerificationStep['facts']

/** Collects steps in their order; the first failure gives the verification its reason. */
export function createStepList(elapsed: () => number) {
  const steps: VerificationStep[] = []
  let failure: { reason: VerificationReason; seq?: number } | undefined
  return {
    run(id: VerificationStep['id'], step: () => StepResult): boolean {
      const start = elapsed()
      const result = step()
      const { outcome, title, sentence, facts = [] } = result
      steps.push({ id, outcome, title, sentence, facts, ms: Math.round((elapsed() - start) * 100) / 100 })
      if (result.outcome === 'failed') failure ??= { reason: result.reason, ...(result.seq === undefined ? {} : { seq: result.seq }) }
      return outcome === 'passed'
    },
    result: (): Verification => ({ verified: failure === undefined, ...failure, steps }),
  }
}

export const numberText = (value: number): string => value.toLocaleString('en-US')

export const counted = (count: number, noun: string): string => `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`

/** Text from a recording or a proof, safe to show: no control or direction characters, no endless lines. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD').slice(0, 200)
