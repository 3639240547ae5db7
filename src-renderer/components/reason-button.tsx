import { Button, Tooltip, type ButtonProps } from '@mantine/core'
import { useId, type KeyboardEventHandler, type MouseEventHandler, type ReactNode } from 'react'

interface ReasonButtonProps extends Omit<ButtonProps, 'disabled'> {
  /** why it cannot be pressed now; undefined when it can */
  reason: string | undefined
  onClick?: MouseEventHandler<HTMLButtonElement>
  onKeyDown?: KeyboardEventHandler<HTMLButtonElement>
  type?: 'button' | 'submit'
  form?: string
  children: ReactNode
}

/**
 * A button that says why it is disabled. It stays reachable by keyboard (`aria-disabled`), shows the reason as a tooltip, and
 * gives it to a screen reader as its description.
 */
export function ReasonButton({ reason, onClick, type = 'button', children, ...props }: ReasonButtonProps) {
  const reasonId = useId()
  if (reason === undefined) {
    return (
      <Button {...props} type={type} onClick={onClick}>
        {children}
      </Button>
    )
  }
  return (
    <>
      <Tooltip label={reason}>
        <Button {...props} type={type} aria-disabled data-disabled aria-describedby={reasonId} onClick={(event) => event.preventDefault()}>
          {children}
        </Button>
      </Tooltip>
      <span id={reasonId} className="unseen">
        {reason}
      </span>
    </>
  )
}
