import Store from 'electron-store'
import { z } from 'zod'
import { desktopState } from '../../src-protocol/desktop-api.ts'
import { quietHours, remindAt } from '../../src-protocol/notification-settings.ts'
import type { PreferencesPort } from '../services/preferences.ts'

const preferences = desktopState.shape.preferences

const bounds = z.object({ x: z.number().int(), y: z.number().int(), width: z.number().int().min(200), height: z.number().int().min(200) })
const windowState = z.object({ bounds, maximized: z.boolean() })
export type WindowState = z.infer<typeof windowState>

/** What people choose, and where their window was. Never a token, a key or anything that came from the gateway. */
export interface PreferencesStore extends PreferencesPort {
  windowState(): WindowState | undefined
  saveWindowState(state: WindowState): void
}

/** Opens `preferences.json` in the user-data folder. A file that does not fit its schema is put back to the defaults. */
export function openPreferencesStore(options: { folder: string; gatewayUrl: string | undefined }): PreferencesStore {
  const store = new Store<Record<string, unknown>>({
    cwd: options.folder,
    name: 'preferences',
    clearInvalidConfig: true,
    schema: {
      colorScheme: { type: 'string', enum: ['light', 'dark', 'auto'] },
      notifications: { type: 'boolean' },
      gatewayUrl: { type: 'string', maxLength: 2000 },
      libraryGigabytes: { type: 'integer', minimum: 1, maximum: 100_000 },
      quietHours: { type: 'object' },
      remind: { type: 'string' },
      window: { type: 'object' },
    },
    defaults: { colorScheme: 'auto', notifications: true, gatewayUrl: 'http://127.0.0.1:7420', libraryGigabytes: 20 },
  })

  // what the environment says holds until the person says otherwise, and is not written down
  let gatewayUrl = options.gatewayUrl

  return {
    get: () => {
      const stored = preferences.parse({
        colorScheme: store.get('colorScheme'),
        notifications: store.get('notifications'),
        gatewayUrl: store.get('gatewayUrl'),
        libraryGigabytes: store.get('libraryGigabytes'),
        // a file that somebody edited costs no more than these
        quietHours: quietHours.safeParse(store.get('quietHours')).data,
        remind: remindAt.safeParse(store.get('remind')).data,
      })
      return gatewayUrl ? { ...stored, gatewayUrl } : stored
    },
    set: (change) => {
      if (change.gatewayUrl !== undefined) gatewayUrl = undefined
      for (const [name, value] of Object.entries(preferences.partial().parse(change))) {
        if (value !== undefined) store.set(name, value)
      }
    },
    windowState: () => {
      const stored = windowState.safeParse(store.get('window'))
      return stored.success ? stored.data : undefined
    },
    saveWindowState: (state) => store.set('window', windowState.parse(state)),
  }
}
