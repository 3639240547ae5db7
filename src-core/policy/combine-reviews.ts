import type { ApprovalNeed, StepUpTerms } from '../../src-protocol/model.ts'
import type { ReviewNeeded } from './decision.ts'

/**
 * The terms of several reviews of one message, so that each one's hold: the shortest times, the freshest sign-in, a reason if any asks for
 * it. If all of them name a common group, its members decide, as many as the strictest asks for. Otherwise the people of each have to
 * approve. A denial ends it if it does so by any of them.
 */
export function combineReviews(strictest: ReviewNeeded, reviews: readonly ReviewNeeded[]): ReviewNeeded {
  const veto = combineVeto(reviews)
  const stepUp = combineStepUp(reviews)
  return {
    ...combineNeeds(strictest, reviews),
    ...(veto && { veto }),
    ...(stepUp && { stepUp }),
    decideWithinSeconds: Math.min(...reviews.map((review) => review.decideWithinSeconds)),
    runWithinSeconds: Math.min(...reviews.map((review) => review.runWithinSeconds)),
    reasonRequired: reviews.some((review) => review.reasonRequired),
  }
}

function combineNeeds(strictest: ReviewNeeded, reviews: readonly ReviewNeeded[]): Pick<ReviewNeeded, 'groups' | 'approvals' | 'each'> {
  const common = strictest.groups.filter((group) => reviews.every(({ groups }) => groups.includes(group)))
  if (common.length > 0 && reviews.every(({ each }) => each === undefined)) return { groups: common, approvals: strictest.approvals }

  const needs = new Map<string, ApprovalNeed>()
  for (const { groups, approvals, each = [{ groups, approvals }] } of reviews) {
    for (const need of each) {
      const key = JSON.stringify(need.groups.toSorted())
      needs.set(key, { groups: need.groups, approvals: Math.max(need.approvals, needs.get(key)?.approvals ?? 0) })
    }
  }
  const each = [...needs.values()]
  return {
    groups: [...new Set(each.flatMap(({ groups }) => groups))],
    approvals: each.reduce((sum, { approvals }) => sum + approvals, 0),
    ...(each.length > 1 && { each }),
  }
}

/** Without a veto, everybody who decides can end it. */
function combineVeto(reviews: readonly ReviewNeeded[]): string[] | undefined {
  if (reviews.every(({ veto }) => veto === undefined)) return undefined
  return [...new Set(reviews.flatMap(({ veto, groups }) => veto ?? groups))]
}

function combineStepUp(reviews: readonly ReviewNeeded[]): StepUpTerms | undefined {
  const [first, ...others] = reviews.flatMap(({ stepUp }) => stepUp ?? [])
  return others.reduce<StepUpTerms | undefined>((one, other) => {
    if (!one) return other
    const ways = [one.acr, other.acr].filter((acr) => acr !== undefined)
    const acr = ways[0]?.filter((way) => ways.every((some) => some.includes(way)))
    return { maxAgeSeconds: Math.min(one.maxAgeSeconds, other.maxAgeSeconds), ...(acr && { acr }) }
  }, first)
}
