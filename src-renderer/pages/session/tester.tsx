import { Button, Select, Textarea } from '@mantine/core'
import { CircleX, CircleCheck, List, Play, Wrench } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatTook } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { exampleArguments, parseArguments } from './tester-arguments.ts'
import { readResult } from './tester-result.ts'
import styles from './session.module.css'

type Tools = DesktopOutput<'tester:list-tools'>

/** Calls a tool without any client: through the same tunnel, under the same rules, into the same recording. */
export function Tester({ session }: { session: SessionId }) {
  const [tools, setTools] = useState<Tools>([])
  const [name, setName] = useState<string | null>(null)
  const [text, setText] = useState('{}')
  const call = useDesktopMutation('tester:call')
  const choose = (chosen: string | null, among: Tools): void => {
    setName(chosen)
    setText(exampleArguments(among.find((tool) => tool.name === chosen)?.inputSchema))
    call.reset()
  }
  const list = useDesktopMutation('tester:list-tools', (listed) => {
    setTools(listed)
    choose(listed[0]?.name ?? null, listed)
  })
  const end = useRef<HTMLDivElement>(null)
  const parsed = parseArguments(text)
  const tool = tools.find((candidate) => candidate.name === name)

  // what came back stands below the fold of a small window
  useEffect(() => {
    if (list.isSuccess || call.status === 'success' || call.status === 'error') end.current?.scrollIntoView({ block: 'nearest' })
  }, [list.isSuccess, call.status])

  return (
    <Panel title="Tester" meta="same rules, same recording" actions={<TesterState result={call.data} failed={call.isError} />}>
      <div className={styles.tester}>
        {list.isSuccess ? (
          <>
            <div className="row">
              <Select
                aria-label="Tool"
                className="grow"
                data={tools.map((candidate) => candidate.name)}
                value={name}
                onChange={(value) => choose(value, tools)}
                searchable
                placeholder={tools.length === 0 ? 'The server offers no tools' : 'Choose a tool'}
                leftSection={<Wrench className="small" aria-hidden />}
                classNames={{ input: 'mono', option: 'mono' }}
              />
              <ReasonButton
                reason={tool === undefined ? 'Choose a tool first.' : parsed.ok ? undefined : parsed.problem}
                loading={call.isPending}
                leftSection={<Play className="small" aria-hidden />}
                onClick={() => {
                  if (parsed.ok && tool !== undefined) call.mutate({ session, tool: tool.name, arguments: parsed.arguments })
                }}
              >
                Call
              </ReasonButton>
            </div>
            {tool?.description !== undefined && (
              <p className={`small t3 ${styles.description}`} title={tool.description}>
                The server says: {tool.description}
              </p>
            )}
            <Textarea
              aria-label="Arguments, as JSON"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={parsed.ok ? undefined : parsed.problem}
              spellCheck={false}
              autosize
              minRows={2}
              maxRows={8}
              classNames={{ input: 'mono' }}
            />
            {call.isPending && <p className="small t3">If a rule holds this call, it waits here until somebody decides.</p>}
            {call.error !== null && <ErrorNote error={call.error} />}
            {call.data !== undefined && <Result result={call.data.result} />}
          </>
        ) : (
          <>
            <p className="t2">List the tools that this session may see, and call one.</p>
            {list.error !== null && <ErrorNote error={list.error} />}
            <div>
              <Button leftSection={<List className="small" aria-hidden />} loading={list.isPending} onClick={() => list.mutate(session)}>
                List tools
              </Button>
            </div>
          </>
        )}
        <div ref={end} />
      </div>
    </Panel>
  )
}

function TesterState({ result, failed }: { result: DesktopOutput<'tester:call'> | undefined; failed: boolean }) {
  if (failed) return <ToneMark icon={CircleX} tone="denied" word="No result" />
  if (result === undefined) return null
  const { isError } = readResult(result.result)
  return <ToneMark icon={isError ? CircleX : CircleCheck} tone={isError ? 'denied' : 'allowed'} word={formatTook(result.tookMs)} />
}

function Result({ result }: { result: unknown }) {
  const { text, isError } = readResult(result)
  return (
    <div>
      <div className="small t2 medium">{isError ? 'The tool reports an error' : 'Result'}</div>
      <pre className={styles.result} tabIndex={0} aria-label="Result of the call" role="region">
        <VisibleText text={text} />
      </pre>
    </div>
  )
}
