/**
 * What is remembered of one tool of one connection, and how that changes. Pure: who stores and logs it is in src-gateway/tools.
 *
 * The first definition that is seen is taken on trust and pinned. Another one never takes its place by itself: it waits beside it, and the
 * tool is held until an administrator has decided, or until the server lists the pinned one again.
 */

/** In which era of the protocol a client listed the tools: a server may offer more to one than to the other. */
export type ListingEra = 'stateful' | 'stateless'

export interface ToolPin {
  tool: string
  /** of the definition in force: SHA-256 (hex) over its canonical JSON */
  hash: string
  /** its canonical JSON, masked like everything that is stored */
  definition: string
  /** `new`: first seen after the server's tools had been listed as a whole, and used all the same; `held` and `rejected`: not used */
  standing: 'pinned' | 'new' | 'held' | 'rejected'
  /** another definition that was seen last */
  candidate?: { hash: string; definition: string; seenAt: string; rejected: boolean }
  firstSeenAt: string
  /** eras in whose latest complete list it stood; none: it is missing */
  eras: ListingEra[]
  missingSince?: string
  decision?: ToolDecision
}

export interface ToolDecision {
  decision: 'accept' | 'reject'
  by: string
  at: string
  reason: string
}

export interface SeenTool {
  name: string
  hash: string
  definition: string
}

export interface SightingContext {
  at: string
  era: ListingEra
  /** the tools of the connection were listed as a whole before */
  listedBefore: boolean
  newTools: 'accept' | 'hold'
}

export type Sighting =
  | { event: 'none' | 'restored'; pin: ToolPin }
  | { event: 'pinned'; pin: ToolPin }
  /** `again`: it is the one that waits already */
  | { event: 'changed'; again: boolean; pin: ToolPin }

/** The pin after its tool was seen in a list. */
export function seeTool(pin: ToolPin | undefined, seen: SeenTool, { at, era, listedBefore, newTools }: SightingContext): Sighting {
  const { name: tool, hash, definition } = seen
  if (!pin) {
    const standing = !listedBefore ? 'pinned' : newTools === 'hold' ? 'held' : 'new'
    return { event: 'pinned', pin: { tool, hash, definition, standing, firstSeenAt: at, eras: [era] } }
  }
  if (pin.hash === hash) {
    if (!pin.candidate) return { event: 'none', pin }
    const { candidate: _, ...restored } = pin
    return { event: 'restored', pin: restored }
  }
  if (pin.candidate?.hash === hash) return { event: 'changed', again: true, pin }
  return { event: 'changed', again: false, pin: { ...pin, candidate: { hash, definition, seenAt: at, rejected: false } } }
}

/** The pin after a complete list of one era was seen, and whether its tool stood in it. The same object if that is no news. */
export function noteListing(pin: ToolPin, listed: boolean, era: ListingEra, at: string): ToolPin {
  if (pin.eras.includes(era) === listed) return pin
  const eras = listed ? [...pin.eras, era] : pin.eras.filter((other) => other !== era)
  const { missingSince: _, ...kept } = pin
  return eras.length > 0 ? { ...kept, eras } : { ...kept, eras, missingSince: at }
}

/** What an administrator's decision would be about. */
export const hashToDecide = (pin: ToolPin): string => pin.candidate?.hash ?? pin.hash

/** An accepted definition takes the place of the one in force; a rejected one stays beside it, so that it is known when it is seen again. */
export function decideTool(pin: ToolPin, decision: ToolDecision): ToolPin {
  const { candidate, ...kept } = pin
  const accepted = decision.decision === 'accept'
  if (!candidate) return { ...pin, standing: accepted ? 'pinned' : 'rejected', decision }
  if (!accepted) return { ...pin, candidate: { ...candidate, rejected: true }, decision }
  return { ...kept, hash: candidate.hash, definition: candidate.definition, standing: 'pinned', decision }
}

export type PinState = 'pinned' | 'new' | 'changed' | 'rejected' | 'missing'

export function pinState(pin: ToolPin): PinState {
  if (pin.candidate) return pin.candidate.rejected ? 'rejected' : 'changed'
  if (pin.standing === 'rejected') return 'rejected'
  if (pin.missingSince !== undefined) return 'missing'
  return pin.standing === 'pinned' ? 'pinned' : 'new'
}

/** Why the tool must be neither shown nor called; undefined if it may. */
export function whyHeld(pin: ToolPin): 'changed' | 'new' | 'rejected' | undefined {
  if (pin.candidate) return pin.candidate.rejected ? 'rejected' : 'changed'
  if (pin.standing === 'rejected') return 'rejected'
  return pin.standing === 'held' ? 'new' : undefined
}

/** Somebody has to decide: it is held and nobody has. */
export const isWaiting = (pin: ToolPin): boolean => {
  const why = whyHeld(pin)
  return why === 'changed' || why === 'new'
}
