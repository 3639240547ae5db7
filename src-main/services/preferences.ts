import type { DesktopState } from '../../src-protocol/desktop-api.ts'

export type Preferences = DesktopState['preferences']

/** What a person chose on this computer. Never a secret: the shell keeps it in a plain file. */
export interface PreferencesPort {
  get(): Preferences
  set(change: Partial<Preferences>): void
}

/** For programs without a window, and tests. */
export function memoryPreferences(initial: Partial<Preferences> & { gatewayUrl: string }): PreferencesPort {
  let current: Preferences = { colorScheme: 'auto', notifications: true, libraryGigabytes: 20, ...initial }
  return {
    get: () => current,
    set(change) {
      current = { ...current, ...change }
    },
  }
}
