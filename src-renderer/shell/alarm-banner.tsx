import { ShieldX } from 'lucide-react'
import { Note } from '../components/note.tsx'
import styles from './alarm-banner.module.css'

/** The log did not prove that it extends the pinned checkpoint. Stays until an administrator acts; it cannot be closed. */
export function AlarmBanner({ sentence }: { sentence: string }) {
  return (
    <div className={styles.alarm}>
      <Note tone="denied" icon={ShieldX} title="The gateway’s log may have been rewritten." alert>
        {sentence}
        <span className={styles.steps}>
          <span className="bold">What to do:</span> approve nothing and run nothing through this gateway until somebody has looked into it.
          Keep this computer’s library as it is: the checkpoint that it pinned is the evidence. Tell an administrator and your auditor, by
          another way than this gateway; other computers can compare what they pinned.
        </span>
      </Note>
    </div>
  )
}
