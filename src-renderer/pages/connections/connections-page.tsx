import { Button } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Cpu, Plug, Plus } from 'lucide-react'
import { useState } from 'react'
import type { Connection } from '../../../src-protocol/model.ts'
import { useDesktopQuery, useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useHasRole } from '../../api/use-desktop-state.ts'
import { EmptyState, type EmptyStep } from '../../components/empty-state.tsx'
import { AlteredNote } from '../../components/altered-note.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { AskForAccess } from './ask-for-access.tsx'
import { ConnectionsTable } from './connections-table.tsx'
import { RegisterConnection } from './register-connection.tsx'
import { RemoveConnection } from './remove-connection.tsx'
import { StartSession } from './start-session.tsx'

/** What MCP servers the person may reach, and from where a session is started. */
export function ConnectionsPage() {
  const connections = useDesktopQuery('connections:list')
  const access = useDesktopQuery('access:standings')
  const standings = access.data
  const { start } = useSearch({ from: '/connections' })
  const navigate = useNavigate()
  const administrator = useHasRole('administrator')
  const [registering, setRegistering] = useState(false)
  const [removing, setRemoving] = useState<Connection>()

  const select = (connection: Connection | undefined): void =>
    void navigate({ to: '/connections', search: connection === undefined ? {} : { start: connection.name } })
  const list = connections.data ?? []
  const starting = list.find((connection) => connection.name === start)
  const standing = starting && standings?.[starting.name]
  const asks = standing?.state === 'ask'
  // whether one has to ask first is known before anything is asked
  const starts = !access.isPending && (standing === undefined || standing.state === 'free' || standing.state === 'granted')

  return (
    <div className="page">
      <PageHeader
        title="Connections"
        meta={list.length > 0 ? <span className="num">{list.length}</span> : undefined}
        actions={
          administrator && list.length > 0 ? (
            <Button leftSection={<Plus aria-hidden />} onClick={() => setRegistering(true)}>
              Register a connection
            </Button>
          ) : undefined
        }
      />
      {connections.isPending && <LoadingPage label="Loading connections" />}
      {connections.isError && <ErrorState error={connections.error} onRetry={() => void connections.refetch()} />}
      {connections.isSuccess && list.length === 0 && (
        <NoConnections administrator={administrator} onRegister={() => setRegistering(true)} />
      )}
      {connections.isSuccess && list.length > 0 && (
        <div className="page-body">
          {administrator && (
            <AlteredNote kind="connection" names={list.filter((connection) => connection.altered).map((connection) => connection.name)} />
          )}
          <ConnectionsTable
            connections={list}
            standings={standings ?? {}}
            onStart={select}
            onRemove={administrator ? setRemoving : undefined}
          />
        </div>
      )}
      {starting !== undefined && starts && <StartSession key={starting.name} connection={starting} onClose={() => select(undefined)} />}
      {starting !== undefined && asks && (
        <AskForAccess key={`ask ${starting.name}`} connection={starting} offers={standing.offers} onClose={() => select(undefined)} />
      )}
      {registering && <RegisterConnection existing={list} onClose={() => setRegistering(false)} />}
      {removing !== undefined && <RemoveConnection connection={removing} onClose={() => setRemoving(undefined)} />}
    </div>
  )
}

function NoConnections({ administrator, onRegister }: { administrator: boolean; onRegister: () => void }) {
  const navigate = useNavigate()
  const agents = useDesktopQueryWith({ channel: 'agents:list', input: [], enabled: administrator }).data?.length
  const steps: EmptyStep[] = [
    {
      icon: Cpu,
      title: 'Enrol an agent',
      sentence: 'It runs where the MCP server can be reached and keeps its credential.',
      action: (
        <Button variant={agents === 0 ? 'filled' : 'default'} onClick={() => void navigate({ to: '/agents' })}>
          Open agents
        </Button>
      ),
    },
    {
      icon: Plug,
      title: 'Register a connection',
      sentence: 'Choose a server that an agent declares, and who may use it.',
      ...(agents === 0 ? { obstacle: 'Not possible now: no agent is enrolled.' } : {}),
      action: (
        <ReasonButton
          variant={agents === 0 ? 'default' : 'filled'}
          reason={agents === 0 ? 'A connection needs an agent that declares a server.' : undefined}
          onClick={onRegister}
        >
          Register
        </ReasonButton>
      ),
    },
  ]
  return (
    <EmptyState
      title="No connection is open to you yet"
      sentence={
        administrator
          ? 'A connection leads to one MCP server. Operators start sessions on it; policies say what may happen there.'
          : 'A connection leads to one MCP server. An administrator registers it for one of your groups; it then appears here by itself.'
      }
      steps={administrator ? steps : []}
    />
  )
}
