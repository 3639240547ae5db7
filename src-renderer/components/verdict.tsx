import { Ban, CircleCheck, CircleX, EyeOff, Hourglass, type LucideIcon } from 'lucide-react'
import type { Verdict as VerdictName } from '../../src-protocol/model.ts'
import styles from './verdict.module.css'

/** Icon, word and colour of each verdict: never colour alone. `failed` was let through, and the server or the tunnel failed. */
export const verdictLook: Record<VerdictName, { icon: LucideIcon; word: string; tone: Tone }> = {
  allowed: { icon: CircleCheck, word: 'Allowed', tone: 'allowed' },
  masked: { icon: EyeOff, word: 'Masked', tone: 'masked' },
  held: { icon: Hourglass, word: 'Held', tone: 'held' },
  denied: { icon: Ban, word: 'Denied', tone: 'denied' },
  failed: { icon: CircleX, word: 'Failed', tone: 'denied' },
}

/** The four colours that carry meaning. */
export type Tone = 'allowed' | 'masked' | 'held' | 'denied'

interface VerdictProps {
  verdict: VerdictName
  /** `badge` once per page, for the subject's state; `icon` where a column head carries the word */
  form?: 'text' | 'badge' | 'icon'
}

/** What became of a message. */
export function Verdict({ verdict, form = 'text' }: VerdictProps) {
  const { icon, word, tone } = verdictLook[verdict]
  return <ToneMark icon={icon} tone={tone} word={word} form={form} />
}

interface ToneMarkProps {
  icon: LucideIcon
  /** undefined: grey, for states that are no verdict */
  tone: Tone | undefined
  word: string
  form?: 'text' | 'badge' | 'icon'
}

/** An icon and a word in one of the verdict colours: also for outcomes of approvals and proofs. */
export function ToneMark({ icon: Icon, tone, word, form = 'text' }: ToneMarkProps) {
  const className = `${form === 'badge' ? styles.badge : styles.mark} ${tone === undefined ? styles.plain : styles[tone]}`
  return (
    <span className={className} title={form === 'icon' ? word : undefined}>
      <Icon className="small" aria-hidden />
      {form === 'icon' ? <span className="unseen">{word}</span> : word}
    </span>
  )
}
