import { useEffect, useEffectEvent } from 'react'
import type { z } from 'zod'
import type { DesktopEventName, DesktopEvents } from '../../src-protocol/desktop-api.ts'
import { desktop } from './desktop.ts'

/** Calls the listener for every event of that name while the component is mounted. */
export function useDesktopEvent<E extends DesktopEventName>(event: E, listener: (payload: z.output<DesktopEvents[E]>) => void): void {
  const onEvent = useEffectEvent(listener)
  useEffect(() => desktop.subscribe(event, (payload) => onEvent(payload)), [event])
}
