import { Button } from '@mantine/core'
import { Check, Copy, KeyRound } from 'lucide-react'
import type { Person } from '../../../src-protocol/model.ts'
import { useCopy } from '../../api/use-copy.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import styles from './settings.module.css'

/** For reviewers whose agents check approvals themselves: a key that stays, and what their administrator has to be given of it. */
export function ReviewerKeySetting({ person }: { person: Person }) {
  const found = useDesktopQuery('reviewer-key:get')
  const create = useDesktopMutation('reviewer-key:create')
  const { copied, copy } = useCopy()
  const error = create.error ?? found.error
  const key = create.data?.key ?? found.data?.key
  const sealed = (create.data ?? found.data)?.sealed ?? true
  const entry = key === undefined ? undefined : entryOf(key, person)

  return (
    <div className={styles.gateway}>
      <div className="small t3">
        Some agents check approvals themselves, so that not even their gateway can run a call that nobody approved. They accept your votes,
        and that you broke the glass, by this key. It signs nothing else, and does not leave this computer.
      </div>
      {error !== null && <ErrorNote error={error} />}
      {entry === undefined ? (
        <div>
          <Button
            variant="default"
            leftSection={<KeyRound size={14} aria-hidden />}
            loading={create.isPending}
            disabled={found.isPending || found.error !== null}
            onClick={() => create.mutate(undefined)}
          >
            Make a reviewer key
          </Button>
        </div>
      ) : (
        <>
          <pre className={`mono small ${styles.entry}`} tabIndex={0} role="region" aria-label="Your entry in the list of reviewers">
            {entry}
          </pre>
          <div className="row">
            <Button
              variant="default"
              leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
              onClick={() => copy(entry)}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
            <span className="small t3 grow">
              Give this to whoever signs the list of reviewers, in person or another way that the gateway is no part of.
            </span>
          </div>
          {!sealed && (
            <div className="small t3">
              This system has no store of secrets: the key is a file that only programs of your account can read.
            </div>
          )}
        </>
      )}
    </div>
  )
}

/** As it stands in the list that `gatehouse trust sign` reads. */
function entryOf(key: string, { sub, name, groups }: Person): string {
  const listed = groups.map((group) => JSON.stringify(group)).join(', ')
  return `- sub: ${JSON.stringify(sub)}\n  name: ${JSON.stringify(name)}\n  groups: [${listed}]\n  keys:\n    - ${key}`
}
