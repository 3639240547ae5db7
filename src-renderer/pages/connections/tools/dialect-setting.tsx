import { NativeSelect } from '@mantine/core'
import { useId } from 'react'
import type { Connection } from '../../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../../api/use-desktop-mutation.ts'
import { dialectChoices } from '../connection-draft.ts'
import styles from './tools.module.css'

/** In which dialect the SQL that its tools take is read, in sessions that are started from now on. */
export function DialectSetting({ connection }: { connection: Connection }) {
  const change = useDesktopMutation('connections:change-dialect')
  const id = useId()
  return (
    <div
      className={styles.setting}
      title="Sessions that are started from now on are read in it; those that run keep theirs, as their recordings say."
    >
      <label className="small t2" htmlFor={id}>
        {change.error === null ? 'SQL dialect' : change.error.message}
      </label>
      <NativeSelect
        id={id}
        size="xs"
        value={connection.dialect ?? 'none'}
        disabled={change.isPending}
        onChange={(event) => {
          const chosen = dialectChoices.find(({ value }) => value === event.currentTarget.value)?.value ?? 'none'
          change.mutate({ connection: connection.name, ...(chosen !== 'none' && { dialect: chosen }) })
        }}
        data={[...dialectChoices]}
      />
    </div>
  )
}
