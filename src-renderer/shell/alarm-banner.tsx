import { ShieldX } from 'lucide-react'
import { Note } from '../components/note.tsx'
import styles from './alarm-banner.module.css'

/** The log did not prove that it extends the pinned checkpoint. Stays until an administrator acts; it cannot be closed. */
export function AlarmBanner({ sentence }: { sentence: string }) {
  return (
    <div className={styles.alarm}>
      <Note tone="denied" icon={ShieldX} title="The gateway’s log may have been rewritten." alert>
        {sentence} Keep this computer’s copies and tell an administrator and your auditor.
      </Note>
    </div>
  )
}
