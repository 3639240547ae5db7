import { Cloud, ShieldCheck, ShieldQuestionMark, ShieldX, type LucideIcon } from 'lucide-react'
import { ToneMark, type Tone } from './verdict.tsx'

/** `on-gateway`: nothing is on this computer that could be checked */
export type ProofStateName = 'verified' | 'failed' | 'unchecked' | 'on-gateway'

const looks: Record<ProofStateName, { icon: LucideIcon; word: string; tone: Tone | undefined }> = {
  verified: { icon: ShieldCheck, word: 'Verified', tone: 'allowed' },
  failed: { icon: ShieldX, word: 'Fails', tone: 'denied' },
  unchecked: { icon: ShieldQuestionMark, word: 'Not checked', tone: undefined },
  'on-gateway': { icon: Cloud, word: 'On the gateway', tone: undefined },
}

/** What is known about a recording's proof. */
export function ProofState({ state, form = 'text' }: { state: ProofStateName; form?: 'text' | 'badge' | 'icon' }) {
  const { icon, word, tone } = looks[state]
  return <ToneMark icon={icon} tone={tone} word={form === 'badge' && state === 'verified' ? 'Proof verified' : word} form={form} />
}
