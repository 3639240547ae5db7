import { Ban, CircleCheck, Hourglass, KeyRound, type LucideIcon } from 'lucide-react'
import type { AccessStanding } from '../../../src-protocol/access.ts'
import type { Tone } from '../../components/verdict.tsx'

/** How somebody stands to a connection, as icon, word and colour. */
export const reachLook: Record<AccessStanding['state'], { icon: LucideIcon; word: string; tone: Tone | undefined }> = {
  free: { icon: CircleCheck, word: 'Open', tone: 'allowed' },
  granted: { icon: CircleCheck, word: 'Has access', tone: 'allowed' },
  waiting: { icon: Hourglass, word: 'Asked for', tone: 'held' },
  ask: { icon: KeyRound, word: 'Can ask', tone: undefined },
  closed: { icon: Ban, word: 'Closed', tone: 'denied' },
}
