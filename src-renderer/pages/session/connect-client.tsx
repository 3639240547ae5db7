import { ActionIcon, Button, Tabs, TextInput, Tooltip } from '@mantine/core'
import { Check, CircleCheck, Copy, Terminal } from 'lucide-react'
import { useState } from 'react'
import type { ClientSetup } from '../../../src-protocol/desktop-api.ts'
import type { Session } from '../../../src-protocol/model.ts'
import { useCopy } from '../../api/use-copy.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { CodePane } from '../../components/code-pane.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { Panel } from '../../components/panel.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { hideSecret } from './hide-secret.ts'
import styles from './session.module.css'

/** How to point an MCP client at this session. */
export function ConnectClient({ session }: { session: Session }) {
  const setup = useDesktopQuery('sessions:client-setup', session.id)
  return (
    <Panel
      title="Connect a client"
      actions={
        session.client === undefined ? (
          <span className="small t3">none connected yet</span>
        ) : (
          <span className={styles.client} title={session.client}>
            <ToneMark icon={CircleCheck} tone="allowed" word={session.client} />
          </span>
        )
      }
    >
      {setup.isPending && <LoadingRows rows={3} label="Loading the set-up" />}
      {setup.isError && <ErrorNote error={setup.error} onRetry={() => void setup.refetch()} />}
      {setup.isSuccess && <Setup setup={setup.data} />}
    </Panel>
  )
}

function Setup({ setup }: { setup: ClientSetup }) {
  const [tab, setTab] = useState<string | null>(setup.clients[0]?.id ?? null)
  return (
    <>
      <TextInput
        label="Endpoint, on this computer only"
        readOnly
        value={setup.url}
        classNames={{ input: 'mono' }}
        onFocus={(event) => event.currentTarget.select()}
        rightSection={<CopyIcon text={setup.url} label="Copy the endpoint" />}
      />
      <Tabs value={tab} onChange={setTab} className={styles.tabs} keepMounted={false}>
        <Tabs.List aria-label="Client">
          {setup.clients.map((client) => (
            <Tabs.Tab key={client.id} value={client.id}>
              {client.title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {setup.clients.map((client) => (
          <Tabs.Panel key={client.id} value={client.id}>
            <ClientTab client={client} bearer={setup.bearer} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  )
}

function ClientTab({ client, bearer }: { client: ClientSetup['clients'][number]; bearer: string }) {
  const isFile = client.language === 'json'
  return (
    <div className={styles.setup}>
      <p className="t2">
        {isFile ? 'Add to ' : ''}
        <Where text={client.where} />
      </p>
      <CodePane
        text={hideSecret(client.snippet, bearer)}
        language={client.language}
        maxHeight={176}
        framed
        label={`Configuration for ${client.title}`}
      />
      <div className={styles.copies}>
        <CopyButton text={client.snippet} label={isFile ? 'Copy' : 'Copy command'} />
        {client.command !== undefined && <CopyButton text={client.command} label="Copy command" icon={Terminal} />}
      </div>
    </div>
  )
}

/** A path in the machine's letters, and what is said about it in people's. */
function Where({ text }: { text: string }) {
  const [, path = '', rest = ''] = /^(\S*[./]\S*)?(.*)$/s.exec(text) ?? []
  return (
    <>
      {path !== '' && <span className="mono">{path}</span>}
      {rest}
    </>
  )
}

function CopyButton({ text, label, icon: Icon = Copy }: { text: string; label: string; icon?: typeof Copy }) {
  const { copied, copy } = useCopy()
  return (
    <Button
      size="sm"
      title="With the secret of this session: it works on this computer only, until the session ends"
      leftSection={copied ? <Check className="small" aria-hidden /> : <Icon className="small" aria-hidden />}
      onClick={() => copy(text)}
    >
      {copied ? 'Copied' : label}
    </Button>
  )
}

function CopyIcon({ text, label }: { text: string; label: string }) {
  const { copied, copy } = useCopy()
  return (
    <Tooltip label={copied ? 'Copied' : label}>
      <ActionIcon size="sm" aria-label={label} onClick={() => copy(text)}>
        {copied ? <Check className="small" aria-hidden /> : <Copy className="small" aria-hidden />}
      </ActionIcon>
    </Tooltip>
  )
}
