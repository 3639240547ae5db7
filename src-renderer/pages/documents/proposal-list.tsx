import { CircleCheck, CircleX, Hourglass, type LucideIcon } from 'lucide-react'
import type { PolicyProposal } from '../../../src-protocol/policy-proposal.ts'
import { shortHash } from '../../components/hash.tsx'
import { formatDateTime } from '../../components/time.ts'
import { ToneMark, type Tone } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { stateWords } from './why-not-decide.ts'
import styles from './documents.module.css'
import own from './proposals.module.css'

interface ProposalListProps {
  proposals: readonly PolicyProposal[]
  shown: string | undefined
  onShow: (id: string) => void
}

const looks: Record<PolicyProposal['state'], { icon: LucideIcon; tone: Tone | undefined }> = {
  open: { icon: Hourglass, tone: 'held' },
  activated: { icon: CircleCheck, tone: 'allowed' },
  rejected: { icon: CircleX, tone: 'denied' },
  withdrawn: { icon: CircleX, tone: undefined },
  expired: { icon: CircleX, tone: undefined },
  stale: { icon: CircleX, tone: undefined },
}

/** Whether a proposal waits, and what became of it. */
export function ProposalState({ state, form = 'text' }: { state: PolicyProposal['state']; form?: 'text' | 'badge' }) {
  return <ToneMark form={form} {...looks[state]} word={stateWords[state]} />
}

/** What waits for a second administrator, above the versions. What is over stays for a while. */
export function ProposalList({ proposals, shown, onShow }: ProposalListProps) {
  if (proposals.length === 0) return null
  const waiting = proposals.filter(({ state }) => state === 'open').length
  return (
    <section className={own.proposals} aria-label="Proposals">
      <header className={styles.paneHead}>
        <h2>Proposals</h2>
        <span className="t3 small num">{waiting === 0 ? 'none waits' : waiting === 1 ? '1 waits' : `${waiting} wait`}</span>
      </header>
      <ul className={`${styles.versionItems} ${own.items}`}>
        {proposals.map((proposal) => (
          <li key={proposal.id}>
            <button type="button" aria-current={proposal.id === shown ? 'true' : undefined} onClick={() => onShow(proposal.id)}>
              <span className="row">
                <span className="mono medium" title={proposal.version}>
                  {shortHash(proposal.version)}
                </span>
                <span className="right">
                  <ProposalState state={proposal.state} />
                </span>
              </span>
              <span className="small ellipsis">
                <VisibleText text={proposal.message} />
              </span>
              <span className="small t3 ellipsis">
                {formatDateTime(proposal.at)} · {proposal.author.name}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
