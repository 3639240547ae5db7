import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Plug } from 'lucide-react'
import { useState } from 'react'
import type { Session } from '../../../src-protocol/model.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useHasRole } from '../../api/use-desktop-state.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { ListSearch } from '../../components/list-search.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { SessionsTable } from './sessions-table.tsx'
import styles from './sessions.module.css'

/** A search is worth its room from this many rows on. */
const searchFrom = 12

/** Sessions that run, and those that ended: what one may see of them. */
export function SessionsPage() {
  const sessions = useDesktopQuery('sessions:list')
  const [text, setText] = useState('')
  const found = (sessions.data ?? []).filter((session) => matches(session, text))
  const live = found.filter((session) => session.state === 'live').toSorted((a, b) => a.endsAt.localeCompare(b.endsAt))
  const ended = found.filter((session) => session.state === 'ended').toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))

  return (
    <div className="page">
      <PageHeader title="Sessions" />
      {sessions.isPending && <LoadingPage label="Loading sessions" />}
      {sessions.isError && <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.isSuccess && sessions.data.length === 0 && <NoSessions />}
      {sessions.isSuccess && sessions.data.length > 0 && (
        <div className={`page-body ${styles.panels}`}>
          {sessions.data.length >= searchFrom && (
            <ListSearch
              label="Connection, person or reason"
              value={text}
              onChange={setText}
              found={found.length}
              total={sessions.data.length}
            />
          )}
          <Panel title="Live" meta={live.length.toLocaleString('en')} flush>
            {live.length === 0 ? (
              <p className={styles.none}>{text === '' ? 'No session is live.' : 'No live session matches.'}</p>
            ) : (
              <SessionsTable sessions={live} />
            )}
          </Panel>
          <Panel title="Ended" meta={ended.length.toLocaleString('en')} flush>
            {ended.length === 0 ? (
              <p className={styles.none}>{text === '' ? 'No session has ended yet.' : 'No ended session matches.'}</p>
            ) : (
              <SessionsTable sessions={ended} />
            )}
          </Panel>
        </div>
      )}
    </div>
  )
}

function NoSessions() {
  const navigate = useNavigate()
  const operator = useHasRole('operator')
  return (
    <EmptyState
      title="No sessions yet"
      sentence="A session opens one connection for a time and a reason. Everything that passes is decided by policy, masked and recorded."
      steps={
        operator
          ? [
              {
                icon: Plug,
                title: 'Start a session',
                sentence: 'Choose a connection, say why, and point your MCP client at it.',
                action: (
                  <Button variant="filled" onClick={() => void navigate({ to: '/connections' })}>
                    Choose a connection
                  </Button>
                ),
              },
            ]
          : []
      }
      hint={operator ? undefined : 'When an operator starts a session, it appears here by itself.'}
    />
  )
}

function matches({ connection, person, reason, client = '' }: Session, text: string): boolean {
  return [connection, person.name, reason, client].join('\n').toLowerCase().includes(text.trim().toLowerCase())
}
