import { Button, SegmentedControl, Select, Textarea } from '@mantine/core'
import { FileClock } from 'lucide-react'
import { useState } from 'react'
import { useDesktopQuery } from '../../../api/use-desktop-query.ts'
import { PickRecorded } from './pick-recorded.tsx'
import { TrialResult } from './trial-result.tsx'
import { useMaskingTrial } from './use-masking-trial.ts'
import styles from './trial.module.css'

interface TrialPanelProps {
  /** undefined: nobody edits */
  draft: string | undefined
  active: string | undefined
}

/** Tries masking rules on a response, on this computer: before on one side, after on the other. */
export function TrialPanel({ draft, active }: TrialPanelProps) {
  const [text, setText] = useState('')
  const [which, setWhich] = useState<'draft' | 'active'>(draft === undefined ? 'active' : 'draft')
  const [connection, setConnection] = useState<string | null>(null)
  const [tool, setTool] = useState<string>()
  const [picking, setPicking] = useState(false)
  const connections = useDesktopQuery('connections:list')
  const names = [...new Set([...(connections.data ?? []).map(({ name }) => name as string), ...(connection === null ? [] : [connection])])]
  const on = connection ?? names[0] ?? ''
  const document = (which === 'draft' ? draft : active) ?? ''
  const trial = useMaskingTrial({ document, text, connection: on, ...(tool !== undefined && { tool }) })
  return (
    <section className={styles.panel} aria-label="Trial">
      <header className={styles.head}>
        <h2>Try it</h2>
        {draft !== undefined && active !== undefined && (
          <SegmentedControl
            size="xs"
            aria-label="Which rules"
            value={which}
            onChange={(value) => setWhich(value)}
            data={[
              { value: 'draft', label: 'Draft' },
              { value: 'active', label: 'In force' },
            ]}
          />
        )}
        <Button className="right" size="sm" leftSection={<FileClock className="small" aria-hidden />} onClick={() => setPicking(true)}>
          Recorded response
        </Button>
      </header>
      <div className={styles.choices}>
        <Select
          aria-label="As if it came on"
          value={on === '' ? null : on}
          onChange={(value) => setConnection(value)}
          data={names}
          placeholder="No connection"
          allowDeselect={false}
        />
        <span className="small t3 ellipsis">
          {tool === undefined ? 'as the answer of any tool' : `as the answer of ${tool}`}
          {tool !== undefined && (
            <button type="button" className={styles.anyTool} onClick={() => setTool(undefined)}>
              of any tool
            </button>
          )}
        </span>
      </div>
      <div className={styles.sides}>
        <div className={styles.side}>
          <h3>Before</h3>
          <Textarea
            className={styles.before}
            classNames={{ wrapper: styles.grow, input: styles.input }}
            aria-label="Response before masking"
            placeholder="Paste a response: JSON, or any text. It stays on this computer and is not kept."
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            spellCheck={false}
          />
        </div>
        <div className={styles.side}>
          <h3>After</h3>
          <TrialResult trial={trial} empty={text.trim() === ''} />
        </div>
      </div>
      {picking && (
        <PickRecorded
          onClose={() => setPicking(false)}
          onPick={(picked) => {
            setText(picked.text)
            setConnection(picked.connection)
            setTool(picked.tool)
            setPicking(false)
          }}
        />
      )}
    </section>
  )
}
