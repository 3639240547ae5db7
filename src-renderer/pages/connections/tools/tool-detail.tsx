import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { ConnectionName } from '../../../../src-protocol/ids.ts'
import type { PinnedTool, PinnedToolDetail } from '../../../../src-protocol/model.ts'
import { useDesktopQuery } from '../../../api/use-desktop-query.ts'
import { ErrorState } from '../../../components/error-state.tsx'
import { Facts, type Fact } from '../../../components/facts.tsx'
import { Hash } from '../../../components/hash.tsx'
import { LoadingRows } from '../../../components/loading-rows.tsx'
import { Note } from '../../../components/note.tsx'
import { Timestamp } from '../../../components/timestamp.tsx'
import { ToneMark } from '../../../components/verdict.tsx'
import { visibleText } from '../../../components/visible-characters.ts'
import { DecideTool } from './decide-tool.tsx'
import { DefinitionDiff, type DiffForm } from './definition-diff.tsx'
import { DefinitionText } from './definition-text.tsx'
import { toolLook } from './tool-look.ts'
import styles from './tools.module.css'

/** One tool: its definition, or both of them if the server lists another one than was accepted. */
export function ToolDetail({ connection, pin }: { connection: ConnectionName; pin: PinnedTool }) {
  const detail = useDesktopQuery('connections:tool', { connection, tool: pin.tool })
  const [form, setForm] = useState<DiffForm>('side-by-side')
  return (
    <>
      <header className={styles.head}>
        <h2 className="mono">{visibleText(pin.tool)}</h2>
        <ToneMark {...toolLook(pin)} form="badge" />
        {detail.data?.proposed !== undefined && (
          <span className="right">
            <SegmentedControl
              aria-label="Form of the comparison"
              size="xs"
              value={form}
              onChange={(value) => setForm(value === 'unified' ? 'unified' : 'side-by-side')}
              data={[
                { value: 'side-by-side', label: 'Side by side' },
                { value: 'unified', label: 'Unified' },
              ]}
            />
          </span>
        )}
      </header>
      {detail.isPending && <LoadingRows label="Loading the definition" />}
      {detail.isError && <ErrorState error={detail.error} onRetry={() => void detail.refetch()} />}
      {detail.isSuccess && (
        <>
          <div className={styles.scroll}>
            <Consequence pin={pin} />
            {detail.data.warnings.length > 0 && (
              <Note tone="denied" title="This text hides or disguises something." alert>
                {detail.data.warnings.join(' ')}
              </Note>
            )}
            <Facts items={factsOf(pin)} columns={2} />
            <Definition detail={detail.data} form={form} />
          </div>
          <DecideTool connection={connection} pin={pin} />
        </>
      )}
    </>
  )
}

/** What the state means for those who use the tool. */
function Consequence({ pin: { state, held } }: { pin: PinnedTool }) {
  switch (state) {
    case 'changed':
      return (
        <Note tone="held" title="Held: the server lists another definition than the one that was accepted.">
          Clients are not shown this tool, and calls of it are refused, until you accept or reject the change.
        </Note>
      )
    case 'new':
      return held ? (
        <Note tone="held" title="Held: the tool appeared after the others.">
          Clients are not shown it, and calls of it are refused, until you accept or reject it.
        </Note>
      ) : (
        <Note title="The tool appeared after the others.">
          Clients see it, and policy decides about its calls. Accept it to say that you have looked.
        </Note>
      )
    case 'rejected':
      return (
        <Note tone="denied" title="Rejected: clients are not shown this tool, and calls of it are refused.">
          A rejected change ends when the server lists the accepted definition again; a rejected tool only when you accept it.
        </Note>
      )
    case 'missing':
      return <Note title="The server does not list this tool any more.">If it comes back with another definition, it is held.</Note>
    case 'pinned':
      return null
    default:
      return state satisfies never
  }
}

function factsOf({ hash, firstSeenAt, changedAt, missingSince, decision }: PinnedTool): Fact[] {
  return [
    { label: 'First listed', value: <Timestamp at={firstSeenAt} form="date-time" /> },
    ...(changedAt === undefined ? [] : [{ label: 'Changed', value: <Timestamp at={changedAt} form="date-time" /> }]),
    ...(missingSince === undefined ? [] : [{ label: 'Missing since', value: <Timestamp at={missingSince} form="date-time" /> }]),
    ...(decision === undefined
      ? []
      : [
          {
            label: decision.decision === 'accept' ? 'Accepted' : 'Rejected',
            value: (
              <>
                by {decision.by}, <Timestamp at={decision.at} form="date-time" />: “{visibleText(decision.reason)}”
              </>
            ),
          },
        ]),
    { label: 'SHA-256', value: <Hash value={hash} length={8} label="hash of the definition" /> },
  ]
}

function Definition({ detail: { definition, proposed }, form }: { detail: PinnedToolDetail; form: DiffForm }) {
  if (proposed !== undefined) return <DefinitionDiff before={definition} after={proposed} form={form} />
  return (
    <div className={styles.diff} tabIndex={0} role="region" aria-label="Definition">
      <table className={styles.beside}>
        <colgroup>
          <col className={styles.numberColumn} />
          <col />
        </colgroup>
        <tbody>
          {definition.split('\n').map((line, index) => (
            <tr key={index}>
              <td className={styles.number}>{index + 1}</td>
              <td>
                <DefinitionText text={line} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
