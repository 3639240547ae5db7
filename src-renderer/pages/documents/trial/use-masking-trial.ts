import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import type { AppError } from '../../../../src-protocol/app-error.ts'
import type { MaskingTrial, MaskingTrialResult } from '../../../../src-protocol/masking-trial.ts'
import { desktop } from '../../../api/desktop.ts'

/** How long typing must pause before it is tried again. */
const tryAfterMs = 300

export interface TrialView {
  result: MaskingTrialResult | undefined
  error: AppError | undefined
  /** what is shown is about an earlier text */
  stale: boolean
}

/** What a document makes of a response, tried in main as one types. Kept nowhere: it goes when the page does. */
export function useMaskingTrial(trial: MaskingTrial): TrialView {
  const [settled] = useDebouncedValue(JSON.stringify(trial), tryAfterMs)
  const [shown, setShown] = useState<{ of: string } & Omit<TrialView, 'stale'>>()
  useEffect(() => {
    let wanted = true
    const asked = JSON.parse(settled) as MaskingTrial
    if (asked.text.trim() === '') return undefined
    desktop.invoke('masking:try', asked).then(
      (result) => wanted && setShown({ of: settled, result, error: undefined }),
      (error: unknown) => wanted && setShown({ of: settled, result: undefined, error: error as AppError }),
    )
    return () => {
      wanted = false
    }
  }, [settled])
  if (trial.text.trim() === '') return { result: undefined, error: undefined, stale: false }
  return { result: shown?.result, error: shown?.error, stale: shown?.of !== JSON.stringify(trial) }
}
