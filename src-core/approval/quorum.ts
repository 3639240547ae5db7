import type { ApprovalDigestInput, ApprovalNeed, Vote } from '../../src-protocol/model.ts'

type Terms = Pick<ApprovalDigestInput, 'groups' | 'approvals' | 'each' | 'veto'>

/** A need, and how many of the people who approved fill it. */
export interface FilledNeed extends ApprovalNeed {
  given: number
}

/** What has to be filled before an approval is approved: one need, or several that each have their own groups. */
export const approvalNeeds = ({ groups, approvals, each }: Terms): readonly ApprovalNeed[] => each ?? [{ groups, approvals }]

/** Everybody who may deny: who may approve, and who has a veto. */
export const decidingGroups = ({ groups, veto = [] }: Terms): string[] => [...new Set([...groups, ...veto])]

/** Whether one denial ends the request: anybody's does, unless some groups have the veto. */
export const endsRequest = ({ veto }: Terms, { decision, groups = [] }: Pick<Vote, 'decision' | 'groups'>): boolean =>
  decision === 'deny' && (veto === undefined || groups.some((group) => veto.includes(group)))

/**
 * Gives each person who approved to one of the needs that they can fill, so that as many places as possible are filled: whoever is in two
 * groups counts for one of them. (Augmenting paths: with a handful of people and places nothing faster is needed.)
 * @param people for each distinct person, the groups that they are in
 */
export function fillNeeds(needs: readonly ApprovalNeed[], people: readonly (readonly string[])[]): FilledNeed[] {
  const places = needs.flatMap((need, index) => Array.from({ length: need.approvals }, () => ({ need: index, taker: -1 })))

  const seat = (person: number, tried: Set<number>): boolean => {
    for (const [index, place] of places.entries()) {
      if (tried.has(index) || !needs[place.need]?.groups.some((group) => people[person]?.includes(group))) continue
      tried.add(index)
      if (place.taker >= 0 && !seat(place.taker, tried)) continue
      place.taker = person
      return true
    }
    return false
  }

  for (const person of people.keys()) seat(person, new Set())
  return needs.map((need, index) => ({ ...need, given: places.filter((place) => place.need === index && place.taker >= 0).length }))
}

/**
 * How far the votes fill what an approval needs; never with the requester's own, nor with one cast in the requester's place. A vote in somebody's
 * place takes up both people: whoever has a part in one vote counts in no other.
 * @param groupsNow the groups of a voter, or of the person whose place they took, at this moment, where it is asked whether the votes still hold
 */
export function fillByVotes(
  terms: Terms & Pick<ApprovalDigestInput, 'requester'>,
  votes: readonly Vote[],
  groupsNow?: (sub: string) => readonly string[],
): FilledNeed[] {
  const people: (readonly string[])[] = []
  const taken = new Set([terms.requester])
  for (const { person, onBehalfOf, decision, groups = terms.groups } of votes) {
    const both = [person.sub, ...(onBehalfOf ? [onBehalfOf.sub] : [])]
    if (decision !== 'approve' || both.some((sub) => taken.has(sub))) continue
    for (const sub of both) taken.add(sub)
    const now = groupsNow?.((onBehalfOf ?? person).sub)
    people.push(now ? groups.filter((group) => now.includes(group)) : groups)
  }
  return fillNeeds(approvalNeeds(terms), people)
}

export const isFilled = (needs: readonly FilledNeed[]): boolean => needs.every(({ given, approvals }) => given >= approvals)
