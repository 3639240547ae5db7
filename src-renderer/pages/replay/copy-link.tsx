import { Button } from '@mantine/core'
import { Check, Link2 } from 'lucide-react'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { useCopy } from '../../api/use-copy.ts'
import styles from './copy-link.module.css'

/** A link to this moment, for somebody who has the recording or may have it: the link by itself gives nothing. */
export function CopyLink({ session, seq }: { session: SessionId; seq: number }) {
  const { copied, copy } = useCopy()
  return (
    <Button
      size="sm"
      className={styles.link}
      title="Opens in Gatehouse at this message, for those who may see the recording"
      leftSection={copied ? <Check className="small" aria-hidden /> : <Link2 className="small" aria-hidden />}
      onClick={() => copy(`gatehouse://recordings/${session}/${seq}`)}
    >
      {copied ? 'Link copied' : 'Copy link to this moment'}
    </Button>
  )
}
