import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import styles from './dialog-buttons.module.css'

interface DialogButtonsProps {
  /** the way out; absent where there is only one button */
  onCancel?: (() => void) | undefined
  /** what the way out says */
  cancel?: string
  /** the dialog opens with the focus on the way out: what it asks about cannot be undone */
  cancelFirst?: boolean
  /** left of the buttons */
  hint?: ReactNode
  /** the button that does it */
  children: ReactNode
}

/** The end of a dialog: a quiet way out, then what it does. It stays in sight when the dialog is higher than the window. */
export function DialogButtons({ onCancel, cancel = 'Cancel', cancelFirst = false, hint, children }: DialogButtonsProps) {
  return (
    <div className={styles.buttons}>
      {hint !== undefined && <span className="small t3 grow">{hint}</span>}
      {onCancel !== undefined && (
        <Button variant="quiet" onClick={onCancel} {...(cancelFirst && { 'data-autofocus': true })}>
          {cancel}
        </Button>
      )}
      {children}
    </div>
  )
}
