import { useMemo, type ReactNode } from 'react'
import type { PolicyVersion } from '../../../src-protocol/policy-version.ts'
import type { PolicyProposal } from '../../../src-protocol/policy-proposal.ts'
import { Hash } from '../../components/hash.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { DefinitionDiff } from '../connections/tools/definition-diff.tsx'
import { changedLines, describeChanges } from '../../../src-core/policy/changed-lines.ts'
import { kindWords } from './document-kind.ts'
import { ProposalBar } from './proposal-bar.tsx'
import { ProposalState } from './proposal-list.tsx'
import styles from './documents.module.css'
import own from './proposals.module.css'

interface ProposalViewProps {
  proposal: PolicyProposal
  active: PolicyVersion | undefined
  /** what it was proposed against, if that is still known */
  base: PolicyVersion | undefined
  side: ReactNode
}

/** A version that waits for a second administrator: who wants it, why, and what it changes. */
export function ProposalView({ proposal, active, base, side }: ProposalViewProps) {
  const { title, file } = kindWords[proposal.kind]
  // what is over is shown against what ruled then
  const before = (proposal.state === 'open' ? active : base)?.text ?? ''
  const changes = useMemo(() => changedLines(before, proposal.text), [before, proposal.text])
  return (
    <div className="page">
      <PageHeader
        title={title}
        badge={<ProposalState state={proposal.state} form="badge" />}
        meta={
          <span className="t3">
            <Hash value={proposal.version} label="proposed version" /> by {proposal.author.name},{' '}
            <Timestamp at={proposal.at} form="relative" />
          </span>
        }
      />
      <div className={styles.columns}>
        <section className={styles.pane} aria-label={`${file}, proposed`}>
          <header className={styles.paneHead}>
            <h2>{file}</h2>
            <span className="t3 small">
              {describeChanges(changes)} against {proposal.state === 'open' ? 'the one in force' : 'the one in force then'}
            </span>
          </header>
          <div className={own.said}>
            <p>
              <VisibleText text={proposal.message} />
            </p>
            {proposal.decidedBy !== undefined && proposal.decidedAt !== undefined && (
              <p className="small t3">
                {decided[proposal.state]} by {proposal.decidedBy.name}, <Timestamp at={proposal.decidedAt} form="date-time" />
                {proposal.reason !== undefined && (
                  <>
                    : <VisibleText text={proposal.reason} />
                  </>
                )}
              </p>
            )}
          </div>
          <div className={own.diff}>
            <DefinitionDiff
              key={proposal.id}
              before={before.trimEnd()}
              after={proposal.text.trimEnd()}
              form="unified"
              titles={{ before: 'In force', after: 'Proposed', label: 'Comparison with what is in force' }}
            />
          </div>
        </section>
        <div className={own.side}>{side}</div>
      </div>
      <ProposalBar proposal={proposal} changes={changes} />
    </div>
  )
}

const decided: Partial<Record<PolicyProposal['state'], string>> = {
  activated: 'Activated',
  rejected: 'Rejected',
  withdrawn: 'Withdrawn',
}
