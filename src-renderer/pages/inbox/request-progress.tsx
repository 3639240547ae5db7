import { formatLength } from '../../components/time.ts'
import type { Approval } from '../../../src-protocol/model.ts'
import { Facts, type Fact } from '../../components/facts.tsx'
import { signInWay } from '../../components/sign-in-way.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { approvalProgress, isPlainRequest } from './approval-progress.ts'
import styles from './inbox.module.css'

/** Who has to approve, who has voted, who can stop it, and what a vote takes; nothing where one approval is all. */
export function RequestProgress({ approval }: { approval: Approval }) {
  if (isPlainRequest(approval)) return null
  const { needs, sentence } = approvalProgress(approval)
  return (
    <section className={styles.card}>
      <h2>{sentence}</h2>
      <Facts items={[...(needs.length > 1 ? needs.map(needFact) : []), ...approval.votes.map(voteFact), ...termFacts(approval)]} />
    </section>
  )
}

const needFact = ({ groups, given, approvals }: ReturnType<typeof approvalProgress>['needs'][number]): Fact => ({
  label: groups.join(' or '),
  value: given >= approvals ? `${given} of ${approvals}` : `${given} of ${approvals}, still missing`,
})

export function voteFact(vote: Approval['votes'][number]): Fact {
  const { person, onBehalfOf, decision, at, reason, groups, stepUp } = vote
  return {
    label: decision === 'approve' ? 'Approved' : 'Denied',
    value: (
      <>
        by <span className="medium">{person.name}</span>
        {onBehalfOf !== undefined && (
          <>
            {' '}
            in the place of <span className="medium">{onBehalfOf.name}</span>
          </>
        )}
        {groups !== undefined && groups.length > 0 && <span className="t3"> ({groups.join(', ')})</span>} at{' '}
        <Timestamp at={at} form="date-time" />
        {stepUp !== undefined && (
          <span className="t3">
            , signed in anew at <Timestamp at={stepUp.at} />
          </span>
        )}
        {reason !== '' && <span className="t2">: “{reason}”</span>}
      </>
    ),
  }
}

function termFacts({ digestInput: { veto, stepUp, groups } }: Approval): Fact[] {
  const anybody = veto === undefined
  return [
    {
      label: 'Veto',
      value: anybody
        ? `One denial, by anybody in ${groups.join(', ')}, ends it.`
        : `A denial by ${veto.join(' or ')} ends it; any other denial is no approval.`,
    },
    ...(stepUp === undefined
      ? []
      : [
          {
            label: 'Sign-in',
            value: `Who approves signs in anew, at most ${formatLength(stepUp.maxAgeSeconds * 1000)} before${
              stepUp.acr === undefined ? '' : `; the sign-in is ${signInWay(stepUp.acr)}`
            }.`,
          },
        ]),
  ]
}
