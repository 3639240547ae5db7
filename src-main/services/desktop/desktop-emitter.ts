import type { DesktopEventName } from '../../../src-protocol/desktop-api.ts'
import type { DesktopEventPayload } from './desktop-ports.ts'

type Listener<E extends DesktopEventName> = (payload: DesktopEventPayload<E>) => void

export interface DesktopEmitter {
  emit<E extends DesktopEventName>(event: E, payload: DesktopEventPayload<E>): void
  /** returns its clean-up */
  subscribe<E extends DesktopEventName>(event: E, listener: Listener<E>): () => void
}

export function createDesktopEmitter(): DesktopEmitter {
  const listeners = new Map<DesktopEventName, Set<(payload: never) => void>>()
  return {
    emit(event, payload) {
      for (const listener of listeners.get(event) ?? []) (listener as Listener<typeof event>)(payload)
    },
    subscribe(event, listener) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set.add(listener))
      return () => set.delete(listener)
    },
  }
}
