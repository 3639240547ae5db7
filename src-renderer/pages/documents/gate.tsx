import type { LucideIcon } from 'lucide-react'
import styles from './documents.module.css'

interface GateProps {
  icon: LucideIcon
  tone: 'passed' | 'waiting' | 'failed' | 'open'
  title: string
  detail: string
}

/** One step between a draft and what is in force. */
export function Gate({ icon: Icon, tone, title, detail }: GateProps) {
  return (
    <li className={styles[tone]}>
      <Icon className={styles.gateIcon} aria-hidden />
      <span>
        <span className="medium">{title}</span>
        <span className="small t3">{detail}</span>
      </span>
    </li>
  )
}
