import { Button } from '@mantine/core'
import type { BreakGlassRule } from '../../../src-protocol/break-glass.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { BreakGlassRulesTable } from './break-glass-rules-table.tsx'
import { useNameOf } from './use-name-of.ts'

/** Rules that wait for a second administrator: whoever proposed one can take it back, and never agree to it. */
export function RuleProposals({ proposals, rules }: { proposals: readonly BreakGlassRule[]; rules: readonly BreakGlassRule[] }) {
  return proposals.map((proposal) => (
    <Proposal key={proposal.id} proposal={proposal} current={rules.find(({ id }) => id === proposal.id)} />
  ))
}

function Proposal({ proposal, current }: { proposal: BreakGlassRule; current: BreakGlassRule | undefined }) {
  const own = usePerson()?.sub === proposal.by
  const administrator = useHasRole('administrator')
  const nameOf = useNameOf()
  const decide = useDesktopMutation('break-glass:decide-rule')
  const { id, version, at, before } = proposal
  return (
    <Panel
      title={before === undefined ? 'A new rule waits for a second administrator' : 'A changed rule waits for a second administrator'}
      meta={
        <>
          proposed by {own ? 'you' : nameOf(proposal.by)}, <Timestamp at={at} form="date-time" />
        </>
      }
      actions={
        administrator && (
          <div className="row">
            <Button size="sm" loading={decide.isPending} onClick={() => decide.mutate({ id, version, decision: 'deny' })}>
              {own ? 'Take back' : 'Reject'}
            </Button>
            {!own && (
              <Button
                size="sm"
                variant="filled"
                loading={decide.isPending}
                onClick={() => decide.mutate({ id, version, decision: 'approve' })}
              >
                Agree
              </Button>
            )}
          </div>
        )
      }
      flush
    >
      {decide.error !== null && <ErrorNote error={decide.error} />}
      <BreakGlassRulesTable
        rules={current === undefined ? [proposal] : [proposal, current]}
        labelOf={(rule) => (rule === proposal ? 'proposed' : 'in force')}
      />
    </Panel>
  )
}
