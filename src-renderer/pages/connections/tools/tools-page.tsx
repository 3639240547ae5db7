import { useHotkeys } from '@mantine/hooks'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { ConnectionName } from '../../../../src-protocol/ids.ts'
import type { Connection, PinnedTool } from '../../../../src-protocol/model.ts'
import { useDesktopQuery } from '../../../api/use-desktop-query.ts'
import { EmptyState } from '../../../components/empty-state.tsx'
import { ErrorState } from '../../../components/error-state.tsx'
import { LoadingRows } from '../../../components/loading-rows.tsx'
import { PageHeader } from '../../../components/page-header.tsx'
import { DialectSetting } from './dialect-setting.tsx'
import { NewToolsSetting } from './new-tools-setting.tsx'
import { ToolDetail } from './tool-detail.tsx'
import { filterTools, isWaiting, orderTools, type ToolFilter } from './tool-look.ts'
import { ToolsList } from './tools-list.tsx'
import styles from './tools.module.css'

/** What the server of a connection offers, as it was first seen, and what has changed since. */
export function ToolsPage() {
  const { connection: name } = useParams({ from: '/connections/$connection/tools' })
  const tools = useDesktopQuery('connections:tools', name as ConnectionName)
  const connection = useDesktopQuery('connections:list').data?.find((candidate) => candidate.name === name)
  const waiting = tools.data?.filter(isWaiting).length ?? 0
  return (
    <div className="page">
      <PageHeader
        crumbs={[{ title: 'Connections', to: '/connections' }, { title: name }]}
        title={`Tools of ${name}`}
        meta={tools.isSuccess && tools.data.length > 0 ? <Counts tools={tools.data.length} waiting={waiting} /> : undefined}
        actions={
          connection && (
            <>
              <DialectSetting connection={connection} />
              <NewToolsSetting connection={connection} />
            </>
          )
        }
      />
      {tools.isPending && <LoadingRows label="Loading tools" />}
      {tools.isError && <ErrorState error={tools.error} onRetry={() => void tools.refetch()} />}
      {tools.isSuccess && tools.data.length === 0 && <NoTools connection={connection} />}
      {tools.isSuccess && tools.data.length > 0 && <Tools connection={name as ConnectionName} tools={tools.data} />}
    </div>
  )
}

function Counts({ tools, waiting }: { tools: number; waiting: number }) {
  return (
    <span className="num">
      {tools} {tools === 1 ? 'tool' : 'tools'},{' '}
      {waiting === 0 ? 'none waits' : `${waiting} ${waiting === 1 ? 'waits' : 'wait'} for a decision`}
    </span>
  )
}

function NoTools({ connection }: { connection: Connection | undefined }) {
  return (
    <EmptyState
      title="No client has listed the tools yet"
      sentence={`The first list that a client asks for on ${connection?.name ?? 'this connection'} is remembered here. From then on a tool that changes its description or its arguments is held until you have looked at it.`}
    />
  )
}

function Tools({ connection, tools }: { connection: ConnectionName; tools: readonly PinnedTool[] }) {
  const { tool: wanted } = useSearch({ from: '/connections/$connection/tools' })
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [filter, setFilter] = useState<ToolFilter>('all')
  const ordered = useMemo(() => orderTools(tools), [tools])
  const found = filterTools(ordered, filter, text)
  // who has decided about the first one looks at it still, although another one is first now
  const [first] = useState(ordered[0]?.tool)
  const chosen = wanted ?? (found.some(({ tool }) => tool === first) ? first : found[0]?.tool)
  const show = (tool: string): void =>
    void navigate({ to: '/connections/$connection/tools', params: { connection }, search: { tool }, replace: true })
  const step = (by: 1 | -1): void => {
    const next = found[found.findIndex(({ tool }) => tool === chosen) + by]
    if (next) show(next.tool)
  }
  useHotkeys([
    ['J', () => step(1)],
    ['K', () => step(-1)],
  ])
  const shown = tools.find(({ tool }) => tool === chosen)
  return (
    <div className={styles.columns}>
      <ToolsList
        tools={ordered}
        found={found}
        filter={filter}
        onFilter={setFilter}
        text={text}
        onText={setText}
        chosen={chosen}
        onChoose={show}
      />
      <section className={styles.detail} aria-label="Tool">
        {shown ? (
          <ToolDetail key={`${shown.tool} ${shown.hash} ${shown.state}`} connection={connection} pin={shown} />
        ) : (
          <p className={`${styles.nothing} t2`}>
            {found.length === 0 ? 'No tool matches.' : 'The server has never listed a tool of that name.'}
          </p>
        )}
      </section>
    </div>
  )
}
