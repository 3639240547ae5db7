import { Button, MultiSelect, Select } from '@mantine/core'
import { CircleCheck, CircleSlash, CircleX, Hourglass, Play, RotateCw, X } from 'lucide-react'
import { useState } from 'react'
import type { ConnectionName } from '../../../src-protocol/ids.ts'
import type { SimulationRequest, SimulationRun } from '../../../src-protocol/simulation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatShortTime } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { SimulationResult } from './simulation-result.tsx'
import { count } from './simulation-words.ts'
import type { SimulationView } from './use-simulation.ts'
import styles from './simulation.module.css'

const limits = [
  { value: '100', label: 'The newest 100 recordings' },
  { value: '1000', label: 'The newest 1,000 recordings' },
  { value: '10000', label: 'The newest 10,000 recordings' },
]
const periods = [
  { value: '0', label: 'Of any time' },
  { value: '7', label: 'Of the last 7 days' },
  { value: '30', label: 'Of the last 30 days' },
  { value: '90', label: 'Of the last 90 days' },
]

/** Runs the draft over what was recorded, and shows what it would have decided otherwise. */
export function SimulationPanel({ text, simulation }: { text: string; simulation: SimulationView }) {
  const { gateway } = useDesktopState()
  const [limit, setLimit] = useState('1000')
  const [period, setPeriod] = useState('0')
  const [chosen, setChosen] = useState<string[]>([])
  const connections = useDesktopQuery('connections:list')
  const { run, isCurrent, starting, error, start, cancel } = simulation
  const running = run?.state === 'running'
  const request = (): SimulationRequest => ({
    text,
    filter: {
      limit: Number(limit),
      ...(chosen.length > 0 && { connections: chosen as ConnectionName[] }),
      ...(period !== '0' && { from: new Date(Date.now() - Number(period) * 86_400_000).toISOString() }),
    },
  })
  return (
    <section className={styles.panel} aria-label="Simulation">
      <header className={styles.head}>
        <h2>Simulation</h2>
        <span role="status">{run !== undefined && <RunState run={run} />}</span>
        <span className="right">
          {running ? (
            <Button size="sm" leftSection={<X className="small" aria-hidden />} onClick={cancel}>
              Cancel
            </Button>
          ) : (
            <ReasonButton
              size="sm"
              loading={starting}
              reason={gateway.reachable ? undefined : 'The gateway cannot be reached.'}
              leftSection={run === undefined ? <Play className="small" aria-hidden /> : <RotateCw className="small" aria-hidden />}
              onClick={() => start(request())}
            >
              {run === undefined ? 'Run' : 'Run again'}
            </ReasonButton>
          )}
        </span>
      </header>
      <div className={styles.choices}>
        <Select
          aria-label="How many recordings"
          value={limit}
          onChange={(value) => setLimit(value ?? limit)}
          data={limits}
          allowDeselect={false}
        />
        <Select aria-label="Period" value={period} onChange={(value) => setPeriod(value ?? period)} data={periods} allowDeselect={false} />
        <MultiSelect
          className={styles.wide}
          aria-label="Connections"
          placeholder={chosen.length === 0 ? 'On all connections' : ''}
          value={chosen}
          onChange={setChosen}
          data={(connections.data ?? []).map(({ name }) => name as string)}
          searchable
          clearable
        />
      </div>
      {error !== null && (
        <div className={styles.note}>
          <ErrorNote error={error} />
        </div>
      )}
      {run === undefined && error === null && <Explanation />}
      {run !== undefined && !isCurrent && (
        <div className={styles.note}>
          <Note tone="held" title="The draft has changed since.">
            This is about an earlier text; run it again.
          </Note>
        </div>
      )}
      {running && <Progress run={run} />}
      {run?.state === 'cancelled' && <p className={`${styles.sentence} t2`}>It was cancelled, so there is no result.</p>}
      {run?.state === 'failed' && (
        <div className={styles.note}>
          <Note tone="denied" title="The simulation failed.">
            The gateway’s own log says why. Nothing was changed by it; run it again.
          </Note>
        </div>
      )}
      {run?.result !== undefined && <SimulationResult key={run.id} run={run} result={run.result} />}
    </section>
  )
}

function RunState({ run: { state, endedAt } }: { run: SimulationRun }) {
  if (state === 'running') return <ToneMark icon={Hourglass} tone="held" word="Running" />
  if (state === 'failed') return <ToneMark icon={CircleX} tone="denied" word="Failed" />
  if (state === 'cancelled') return <ToneMark icon={CircleSlash} tone={undefined} word="Cancelled" />
  return <ToneMark icon={CircleCheck} tone="allowed" word={endedAt === undefined ? 'Finished' : `Finished ${formatShortTime(endedAt)}`} />
}

function Explanation() {
  return (
    <div className={`${styles.sentence} t2`}>
      <p>See what this draft would have decided about calls that were really made, before it decides for anybody.</p>
      <p>It runs on the gateway, over the masked recordings. Nothing is sent to a server, and nothing changes.</p>
    </div>
  )
}

function Progress({ run: { done, total } }: { run: SimulationRun }) {
  const words = total === 0 ? 'Finding the recordings' : `${count(done)} of ${count(total)} recordings`
  return (
    <div className={styles.sentence}>
      <progress
        className={styles.progress}
        aria-label="Progress of the simulation"
        max={total || 1}
        value={total === 0 ? undefined : done}
      />
      <p className="t2 num">{words}</p>
    </div>
  )
}
