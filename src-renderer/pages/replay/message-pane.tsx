import { useState } from 'react'
import { JsonTree } from '../../components/json-tree.tsx'
import { Note } from '../../components/note.tsx'
import { formatTook } from '../../components/time.ts'
import { VisibleText } from '../../components/visible-text.tsx'
import type { FoundTable } from './find-table.ts'
import { findTable } from './find-table.ts'
import { kindTitles } from './kind-titles.ts'
import { contentOf, isMessage, type MessageContent } from './message-content.ts'
import { MessageTable } from './message-table.tsx'
import { MessageText } from './message-text.tsx'
import { bytesText } from './session-clock.ts'
import { RequestPane } from './request-pane.tsx'
import type { Exchange } from './use-exchange.ts'
import styles from './message-pane.module.css'

export type MessageView = 'tree' | 'text' | 'table'

interface MessagePaneProps {
  exchange: Exchange
  view: MessageView
  onView: (view: MessageView) => void
  highlight: string | undefined
}

/** One record: its message as tree, text or table, and the request that it answers below. */
export function MessagePane({ exchange, view, onView, highlight }: MessagePaneProps) {
  const { shown, request } = exchange
  // parsing a message of some megabytes takes a while: once per record, not per redraw
  const [parsed, setParsed] = useState(() => parse(exchange))
  const current = parsed.shown === shown ? parsed : parse(exchange)
  if (current !== parsed) setParsed(current)
  const { content, table } = current
  const views: MessageView[] = table ? ['tree', 'text', 'table'] : ['tree', 'text']
  const chosen = views.includes(view) ? view : 'tree'
  const effective = !content.json.ok && chosen === 'tree' ? 'text' : chosen
  return (
    <section className={styles.pane} aria-label={`Message ${shown.seq}`}>
      <header className={styles.head}>
        <h2 className="nowrap">{titleOf(shown)}</h2>
        <span className={`${styles.of} t3 ellipsis`}>
          <Context exchange={exchange} />
        </span>
        <div className={styles.views} role="group" aria-label="Show as">
          {views.map((name) => (
            <button key={name} type="button" aria-pressed={name === effective} onClick={() => onView(name)}>
              {name[0]?.toUpperCase()}
              {name.slice(1)}
            </button>
          ))}
        </div>
      </header>
      {shown.record === undefined && (
        <div className={styles.note}>
          <Note tone="denied" title="This line is not a well-formed record.">
            It is shown as it is stored; the proof tells whether it was changed.
          </Note>
        </div>
      )}
      {!content.json.ok && content.json.reason !== 'not-json' && (
        <div className={styles.note}>
          <Note title={content.json.reason === 'too-large' ? 'Too large for a tree.' : 'Nested too deeply for a tree.'}>
            Shown as text.
          </Note>
        </div>
      )}
      {effective === 'table' && table ? (
        <MessageTable table={table} masks={content.masks} highlight={highlight} />
      ) : effective === 'tree' && content.json.ok ? (
        <JsonTree
          key={`tree ${shown.seq}`}
          document={content.json.document}
          masks={content.masks}
          label={`Message ${shown.seq} as a tree`}
          highlight={highlight}
        />
      ) : (
        <MessageText key={`text ${shown.seq}`} text={content.text} highlight={highlight} />
      )}
      {request && (
        <RequestPane key={`request ${request.seq}`} request={request.record} isShown={request.seq === shown.seq} highlight={highlight} />
      )}
    </section>
  )
}

interface Parsed {
  shown: Exchange['shown']
  content: MessageContent
  table: FoundTable | undefined
}

function parse({ shown }: Exchange): Parsed {
  const content = contentOf(shown)
  return { shown, content, table: content.json.ok && isMessage(shown.record) ? findTable(content.json.document) : undefined }
}

function titleOf({ record, seq }: Exchange['shown']): string {
  if (!record) return `Record ${seq}`
  return isMessage(record) ? `${kindTitles[record.kind]} ${seq}` : kindTitles[record.kind]
}

/** `to execute_sql, request 87 · 61 ms` */
function Context({ exchange: { shown, request } }: { exchange: Exchange }) {
  const { record } = shown
  if (!record) return null
  if (!isMessage(record)) return `record ${record.seq}`
  const answers = record.kind === 'response' && request ? request.record : undefined
  return (
    <>
      {record.kind === 'response' && 'to '}
      <span className="mono">
        <VisibleText text={record.tool ?? record.method} />
      </span>
      {answers && `, request ${answers.seq} · ${formatTook(Date.parse(record.at) - Date.parse(answers.at))}`} · {bytesText(record.bytes)}
    </>
  )
}
