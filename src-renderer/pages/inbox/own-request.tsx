import { Undo2 } from 'lucide-react'
import { Button } from '@mantine/core'
import type { Approval } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { approvalProgress } from './approval-progress.ts'
import styles from './inbox.module.css'

/** What its requester can do about a request: nothing but take it back. */
export function OwnRequest({ approval }: { approval: Approval }) {
  const withdraw = useDesktopMutation('approvals:withdraw')
  const { groups } = approval.digestInput
  const { needed, sentence } = approvalProgress(approval)
  return (
    <footer className={styles.foot}>
      {withdraw.error !== null && <ErrorNote error={withdraw.error} />}
      <div className={styles.decide}>
        <p className="grow t2">
          {approval.state === 'approved'
            ? 'Approved: it runs when your client repeats the call.'
            : `You asked for this yourself; somebody else in ${groups.join(', ')} has to decide.${needed > 1 ? ` ${sentence}.` : ''}`}
        </p>
        <Button
          variant="danger"
          loading={withdraw.isPending}
          leftSection={<Undo2 aria-hidden />}
          onClick={() => withdraw.mutate(approval.id)}
        >
          Cancel request
        </Button>
      </div>
    </footer>
  )
}
