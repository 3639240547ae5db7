import { Button } from '@mantine/core'
import { UserRoundCheck } from 'lucide-react'
import { useState } from 'react'
import type { Delegation, DelegationEndReason } from '../../../src-protocol/delegation.ts'
import type { Person } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { useNow } from '../../components/use-now.ts'
import { NameStandIn } from './name-stand-in.tsx'
import styles from './settings.module.css'

const shownOver = 5

/** Who decides in this reviewer’s place while they are away, and in whose place they decide. */
export function AwayPanel({ person }: { person: Person }) {
  const [naming, setNaming] = useState(false)
  const all = useDesktopQuery('delegations:list')
  const given = all.data?.filter(({ delegator }) => delegator.sub === person.sub) ?? []
  const received = all.data?.filter(({ delegate }) => delegate.sub === person.sub) ?? []
  return (
    <Panel
      title="Away"
      actions={
        <Button size="sm" leftSection={<UserRoundCheck className="small" aria-hidden />} onClick={() => setNaming(true)}>
          Name a stand-in
        </Button>
      }
    >
      <div className={styles.gateway}>
        <div className="small t3">
          While you are away another reviewer can decide in your place, for the groups you choose. It is signed with your key, stands in the
          log, and says with each vote whose place it takes. You can still decide what nobody has decided for you.
        </div>
        {all.error !== null && <ErrorNote error={all.error} />}
        {all.isPending && <LoadingRows label="Loading who stands in" />}
        {all.isSuccess && <List title="They decide for you" none="Nobody stands in for you." delegations={given} />}
        {received.length > 0 && <List title="You decide for them" none="" delegations={received} received />}
      </div>
      {naming && <NameStandIn person={person} onClose={() => setNaming(false)} />}
    </Panel>
  )
}

function List(props: { title: string; none: string; delegations: readonly Delegation[]; received?: boolean }) {
  const { title, none, delegations, received = false } = props
  const open = delegations.filter(({ endedAt }) => endedAt === undefined)
  const shown = [...open, ...delegations.filter(({ endedAt }) => endedAt !== undefined).slice(0, shownOver)]
  return (
    <section aria-label={title}>
      <h3 className={styles.listTitle}>{title}</h3>
      {shown.length === 0 ? (
        <p className="t2">{none}</p>
      ) : (
        <ul className={styles.standIns}>
          {shown.map((delegation) => (
            <Item key={delegation.id} delegation={delegation} received={received} />
          ))}
        </ul>
      )}
    </section>
  )
}

const endWords: Record<DelegationEndReason, string> = {
  'time-over': 'its time was over',
  'taken-back': 'taken back',
  'given-back': 'given back',
  'groups-lost': 'a group or the role was lost',
  'delegate-lost-role': 'the stand-in is no reviewer any more',
}

function Item({ delegation, received }: { delegation: Delegation; received: boolean }) {
  const { id, delegator, delegate, groups, from, until, reason, endedAt, endReason } = delegation
  const end = useDesktopMutation('delegations:end')
  const begins = Date.parse(from) > useNow(60_000)
  const name = received ? delegator.name : delegate.name
  return (
    <li data-over={endedAt !== undefined || undefined}>
      <div className="grow">
        <div>
          <span className="medium">{name}</span> <span className="t2">for {groups.join(', ')}</span>
        </div>
        <div className="small t3">
          {endedAt === undefined ? (
            <>
              {begins ? 'From ' : 'Since '}
              <Timestamp at={from} form="date-time" /> until <Timestamp at={until} form="date-time" />
            </>
          ) : (
            <>
              Ended <Timestamp at={endedAt} form="date-time" />: {endReason === undefined ? 'over' : endWords[endReason]}
            </>
          )}{' '}
          · “{reason}”
        </div>
        {end.error !== null && <ErrorNote error={end.error} />}
      </div>
      {endedAt === undefined && (
        <Button
          size="sm"
          variant="default"
          loading={end.isPending}
          onClick={() => end.mutate(id)}
          aria-label={`${received ? 'Give back' : 'Take back'}: ${name}`}
        >
          {received ? 'Give back' : 'Take back'}
        </Button>
      )}
    </li>
  )
}
