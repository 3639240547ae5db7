import { inspectArguments } from '../../src-core/approval/inspect-arguments.ts'
import { hashToDecide, pinState, whyHeld, type ToolPin } from '../../src-core/mcp/tool-pin.ts'
import { pinnedTool, pinnedToolDetail, type PinnedTool, type PinnedToolDetail } from '../../src-protocol/model.ts'

/** A row of the list: without the definitions. */
export function describePin(pin: ToolPin): PinnedTool {
  return pinnedTool.parse({
    tool: pin.tool,
    state: pinState(pin),
    held: whyHeld(pin) !== undefined,
    hash: hashToDecide(pin),
    firstSeenAt: pin.firstSeenAt,
    changedAt: pin.candidate?.seenAt,
    missingSince: pin.missingSince,
    decision: pin.decision,
  })
}

export function describePinInDetail(pin: ToolPin): PinnedToolDetail {
  return pinnedToolDetail.parse({
    ...describePin(pin),
    definition: readable(pin.definition),
    proposed: pin.candidate && readable(pin.candidate.definition),
    warnings: inspectArguments(pin.candidate?.definition ?? pin.definition),
  })
}

/** Canonical JSON is one line; a reader and a comparison need many. */
const readable = (definition: string): string => JSON.stringify(JSON.parse(definition), null, 2)
