import { Button } from '@mantine/core'
import { FolderOpen } from 'lucide-react'
import type { Import } from './use-import.ts'

interface OpenFileButtonProps {
  importing: Import
  primary?: boolean
}

/** Opens a recording or an evidence pack from a file; main shows the dialog and verifies before it keeps anything. */
export function OpenFileButton({ importing, primary = false }: OpenFileButtonProps) {
  return (
    <Button
      variant={primary ? 'filled' : 'default'}
      {...(primary ? {} : { leftSection: <FolderOpen aria-hidden /> })}
      loading={importing.running}
      onClick={importing.begin}
    >
      Open a file
    </Button>
  )
}
