import { Button } from '@mantine/core'
import { Cpu, Plus } from 'lucide-react'
import { useState } from 'react'
import type { Agent } from '../../../src-protocol/model.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { AlteredNote } from '../../components/altered-note.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { AgentsTable } from './agents-table.tsx'
import { EnrolAgent } from './enrol-agent.tsx'
import { RemoveAgent } from './remove-agent.tsx'

/** Agents: where they run, whether they are connected, which MCP servers their own files declare. */
export function AgentsPage() {
  const agents = useDesktopQuery('agents:list')
  const [enrolling, setEnrolling] = useState(false)
  const [removing, setRemoving] = useState<Agent>()
  const list = agents.data ?? []
  const online = list.filter((agent) => agent.online).length
  return (
    <div className="page">
      <PageHeader
        title="Agents"
        meta={list.length > 0 ? `${online} of ${list.length} online` : undefined}
        actions={
          list.length > 0 ? (
            <Button leftSection={<Plus aria-hidden />} onClick={() => setEnrolling(true)}>
              Enrol an agent
            </Button>
          ) : undefined
        }
      />
      {agents.isPending && <LoadingPage label="Loading agents" />}
      {agents.isError && <ErrorState error={agents.error} onRetry={() => void agents.refetch()} />}
      {agents.isSuccess && list.length === 0 && (
        <EmptyState
          title="No agent is enrolled yet"
          sentence="An agent runs where your MCP servers can be reached and dials out to the gateway. It alone holds their credentials."
          steps={[
            {
              icon: Cpu,
              title: 'Enrol the first agent',
              sentence: 'You get a join token, once, and the command to run on that machine.',
              action: (
                <Button variant="filled" onClick={() => setEnrolling(true)}>
                  Enrol an agent
                </Button>
              ),
            },
          ]}
        />
      )}
      {agents.isSuccess && list.length > 0 && (
        <div className="page-body">
          <AlteredNote kind="agent" names={list.filter((agent) => agent.altered).map((agent) => agent.name)} />
          <AgentsTable agents={list} onRemove={setRemoving} />
        </div>
      )}
      {enrolling && <EnrolAgent existing={list} onClose={() => setEnrolling(false)} />}
      {removing !== undefined && <RemoveAgent agent={removing} onClose={() => setRemoving(undefined)} />}
    </div>
  )
}
