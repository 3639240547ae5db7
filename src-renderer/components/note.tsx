import { Ban, CircleCheck, EyeOff, Hourglass, Info, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Tone } from './verdict.tsx'
import styles from './note.module.css'

const icons: Record<Tone | 'plain', LucideIcon> = { allowed: CircleCheck, masked: EyeOff, held: Hourglass, denied: Ban, plain: Info }

interface NoteProps {
  tone?: Tone | 'plain'
  /** the bold first sentence */
  title: ReactNode
  icon?: LucideIcon
  /** what stands right of the text: a button */
  action?: ReactNode
  /** announced at once when it appears */
  alert?: boolean
  children?: ReactNode
}

/** Something that people must know here, in the colour of its verdict. Not for decoration or tips. */
export function Note({ tone = 'plain', title, icon, action, alert = false, children }: NoteProps) {
  const Icon = icon ?? icons[tone]
  return (
    <div className={`${styles.note} ${styles[tone]}`} role={alert ? 'alert' : undefined}>
      <Icon aria-hidden />
      <div className="grow">
        <span className="bold">{title}</span> {children !== undefined && <span className="t2">{children}</span>}
      </div>
      {action}
    </div>
  )
}
