/** `globalThis.__gatehouseHost` in main: what the application asked of the desktop, and how the desktop is to answer. For tests. */
import type { Menu } from './menu.ts'
import type { Notification } from './notification.ts'
import type { Tray } from './desktop-parts.ts'

export interface HostRecord {
  openExternal: string[]
  notifications: Notification[]
  dialogs: { kind: 'open' | 'message'; title: string | undefined }[]
  badges: number[]
  clipboard: string
  tray: Tray | undefined
  applicationMenu: Menu | null
  /** consumed in order; with none left a dialog is cancelled */
  dialogAnswers: { filePaths: string[] }[]
  /** main's own outgoing connections fail while this is true; starts as GATEHOUSE_HOST_OFFLINE=1 says */
  offline: boolean
  /** milliseconds from start to the first window */
  firstWindowMs: number | undefined
  deepLink(url: string): void
}

export const hostRecord: HostRecord = {
  openExternal: [],
  notifications: [],
  dialogs: [],
  badges: [],
  clipboard: '',
  tray: undefined,
  applicationMenu: null,
  dialogAnswers: [],
  offline: process.env['GATEHOUSE_HOST_OFFLINE'] === '1',
  firstWindowMs: undefined,
  deepLink: () => {
    throw new Error('the application has not started')
  },
}

Object.defineProperty(globalThis, '__gatehouseHost', { value: hostRecord })

export const debug = (...parts: unknown[]): void => {
  if (process.env['GATEHOUSE_HOST_DEBUG']) console.error('[host]', ...parts)
}
