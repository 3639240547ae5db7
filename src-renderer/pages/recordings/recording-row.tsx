import { Checkbox } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { Archive, Cloud, HardDrive } from 'lucide-react'
import { memo, type MouseEvent } from 'react'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { Verdict } from '../../../src-protocol/model.ts'
import { ProofState } from '../../components/proof-state.tsx'
import { formatDateTime, formatLength } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { VerdictCount } from '../../components/verdict-count.tsx'
import { visibleText } from '../../components/visible-characters.ts'
import { lengthOf, proofOf } from './recording-filters.ts'
import styles from './recording-row.module.css'

const counted = ['allowed', 'masked', 'held', 'denied'] as const satisfies readonly Verdict[]

interface RecordingRowProps {
  row: LibraryRow
  index: number
  selected: boolean
  onSelect: (selected: boolean) => void
}

/** One session. In full tone what is on this computer; in grey what is only on the gateway. */
export const RecordingRow = memo(function RecordingRow({ row, index, selected, onSelect }: RecordingRowProps) {
  const navigate = useNavigate()
  const target = { to: '/recordings/$session', params: { session: row.session } } as const
  const open = (event: MouseEvent): void => {
    if (event.target instanceof Element && event.target.closest('a, input, button, label')) return
    void navigate(target)
  }
  const reason = visibleText(row.reason)
  const place = row.here ? 'On this computer' : row.removed ? removedWord(row.removed) : 'Only on the gateway'
  const Away = row.removed ? Archive : Cloud
  return (
    <tr aria-rowindex={index + 2} aria-selected={selected} className={`opens ${row.here ? '' : styles.away}`} onClick={open}>
      <td>
        <Checkbox
          size="xs"
          aria-label={`Select ${row.connection}, ${formatDateTime(row.startedAt)}`}
          checked={selected}
          onChange={({ currentTarget }) => onSelect(currentTarget.checked)}
        />
      </td>
      <td>
        <Link {...target} className={styles.open}>
          <Timestamp at={row.startedAt} form="date-time" />
        </Link>
      </td>
      <td className="medium">{row.connection}</td>
      <td title={row.person.email ?? row.person.name}>{visibleText(row.person.name)}</td>
      <td className="t2" title={reason}>
        {reason}
      </td>
      {counted.map((verdict) => (
        <td key={verdict}>
          <VerdictCount verdict={verdict} count={row.counts[verdict]} />
        </td>
      ))}
      <td className="numeric t2">{formatLength(lengthOf(row))}</td>
      <td>
        <span title={place} className={styles.place}>
          {row.here ? <HardDrive className="small" aria-hidden /> : <Away className="small" aria-hidden />}
          <span className="unseen">{place}</span>
        </span>
      </td>
      <td>
        {row.here ? (
          <Link to="/recordings/$session/proof" params={{ session: row.session }} className={styles.proof}>
            <ProofState state={row.proof} />
          </Link>
        ) : (
          <span className="t3 small">{row.removed ? 'Removed' : proofWord[proofOf(row)]}</span>
        )}
      </td>
    </tr>
  )
})

const removedWord = ({ at, logIndex }: NonNullable<LibraryRow['removed']>): string =>
  `Removed by the rule of retention on ${formatDateTime(at)}: entry ${logIndex} of the log`

const proofWord = { 'on-gateway': 'On the gateway', unchecked: 'Not checked', verified: 'Verified', failed: 'Fails' } as const
