import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useFocusBack } from './use-focus-back.ts'

interface DialogProps {
  title: string
  /** in pixels */
  size: number
  onClose: () => void
  /** false where a click beside it would lose something */
  closeOnClickOutside?: boolean
  children: ReactNode
}

/** A dialog that is there as long as it is drawn. The focus goes back to where it was. */
export function Dialog({ children, ...props }: DialogProps) {
  useFocusBack()
  return (
    <Modal opened {...props}>
      {children}
    </Modal>
  )
}
