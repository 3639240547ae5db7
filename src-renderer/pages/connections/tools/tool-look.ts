import { CircleCheck, CircleX, FileDiff, Ghost, Sparkles, type LucideIcon } from 'lucide-react'
import type { PinnedTool } from '../../../../src-protocol/model.ts'
import type { Tone } from '../../../components/verdict.tsx'

interface Look {
  icon: LucideIcon
  /** undefined: grey */
  tone: Tone | undefined
  word: string
}

/** How the state of a pinned tool is shown: always an icon and a word. */
export function toolLook({ state, held }: Pick<PinnedTool, 'state' | 'held'>): Look {
  switch (state) {
    case 'changed':
      return { icon: FileDiff, tone: 'held', word: 'Changed' }
    case 'new':
      return { icon: Sparkles, tone: held ? 'held' : undefined, word: held ? 'New, held' : 'New' }
    case 'rejected':
      return { icon: CircleX, tone: 'denied', word: 'Rejected' }
    case 'missing':
      return { icon: Ghost, tone: undefined, word: 'Missing' }
    case 'pinned':
      return { icon: CircleCheck, tone: 'allowed', word: 'Pinned' }
    default:
      return state satisfies never
  }
}

/** What an administrator has to decide. */
export const isWaiting = ({ state, held }: PinnedTool): boolean => held && (state === 'changed' || state === 'new')

export type ToolFilter = 'all' | 'waiting' | PinnedTool['state']

const urgency: Record<PinnedTool['state'], number> = { changed: 0, new: 1, rejected: 2, missing: 3, pinned: 4 }

/** What waits comes first, then by state, each by name. */
export function orderTools(tools: readonly PinnedTool[]): PinnedTool[] {
  const rank = (tool: PinnedTool): number => (isWaiting(tool) ? -1 : urgency[tool.state])
  return tools.toSorted((one, other) => rank(one) - rank(other) || one.tool.localeCompare(other.tool, 'en'))
}

export function filterTools(tools: readonly PinnedTool[], filter: ToolFilter, text: string): PinnedTool[] {
  const wanted = text.trim().toLowerCase()
  return tools.filter(
    (tool) =>
      (filter === 'all' || (filter === 'waiting' ? isWaiting(tool) : tool.state === filter)) && tool.tool.toLowerCase().includes(wanted),
  )
}
