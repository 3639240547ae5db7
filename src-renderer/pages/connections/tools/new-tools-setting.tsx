import { SegmentedControl } from '@mantine/core'
import { useId } from 'react'
import type { Connection } from '../../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../../api/use-desktop-mutation.ts'
import styles from './tools.module.css'

/** What becomes of a tool that appears after the others. */
export function NewToolsSetting({ connection }: { connection: Connection }) {
  const change = useDesktopMutation('connections:change-new-tools')
  const labelId = useId()
  return (
    <div className={styles.setting}>
      <span className="small t2" id={labelId}>
        {change.error === null ? 'New tools' : change.error.message}
      </span>
      <SegmentedControl
        aria-labelledby={labelId}
        size="xs"
        value={connection.newTools ?? 'accept'}
        onChange={(value) => change.mutate({ connection: connection.name, newTools: value === 'hold' ? 'hold' : 'accept' })}
        data={[
          { value: 'accept', label: 'Policy decides' },
          { value: 'hold', label: 'Hold until accepted' },
        ]}
      />
    </div>
  )
}
