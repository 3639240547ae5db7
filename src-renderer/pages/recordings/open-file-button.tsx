import { Button } from '@mantine/core'
import { FolderOpen } from 'lucide-react'

/** The part of a mutation that a button needs. */
export interface Importing {
  isPending: boolean
  data: readonly unknown[] | undefined
  mutate: (input: undefined) => void
}

interface OpenFileButtonProps {
  importing: Importing
  primary?: boolean
}

/** Opens recordings from files; main shows the dialog and verifies before it imports. */
export function OpenFileButton({ importing, primary = false }: OpenFileButtonProps) {
  return (
    <span className="row">
      <span role="status" className="small t2">
        {importing.data !== undefined &&
          importing.data.length > 0 &&
          `${importing.data.length} ${importing.data.length === 1 ? 'recording' : 'recordings'} opened`}
      </span>
      <Button
        variant={primary ? 'filled' : 'default'}
        {...(primary ? {} : { leftSection: <FolderOpen aria-hidden /> })}
        loading={importing.isPending}
        onClick={() => importing.mutate(undefined)}
      >
        Open a file
      </Button>
    </span>
  )
}
