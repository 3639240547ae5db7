import { BrowserWindow, screen } from 'electron'
import type { z } from 'zod'
import type { desktopEvents } from '../../src-protocol/desktop-api.ts'
import { applicationOrigin } from './application-origin.ts'
import type { PreferencesStore } from './preferences-store.ts'
import { decideWindowPlacement } from './window-placement.ts'
import { windowOptions } from './window-options.ts'

type NavigateRequested = z.input<(typeof desktopEvents)['navigate:requested']>

export interface MainWindow {
  /** brings the window up, making it if it is gone; with a page, shows that page, beginning with the decision to confirm */
  show: (page?: string, confirm?: 'deny') => Promise<BrowserWindow>
  /** to the page, if there is one; what happens without a window can be read when it comes back */
  send: (event: string, payload: unknown) => void
  isOurs: (contents: BrowserWindow['webContents']) => boolean
  /** from now on closing means closing */
  letClose: () => void
}

/** The one window. With a tray, closing it hides it: approvals keep arriving. */
export function createMainWindow(options: {
  preload: string
  packaged: boolean
  dark: () => boolean
  preferences: PreferencesStore
  hideOnClose: () => boolean
}): MainWindow {
  let window: BrowserWindow | undefined
  let loaded: Promise<void> | undefined
  let quitting = false

  const open = (page: string): BrowserWindow => {
    const areas = screen.getAllDisplays().map((display) => display.workArea)
    const { bounds, maximized } = decideWindowPlacement(options.preferences.windowState(), areas)
    const opened = new BrowserWindow(windowOptions({ preload: options.preload, packaged: options.packaged, dark: options.dark(), bounds }))
    opened.on('close', (event) => {
      options.preferences.saveWindowState({ bounds: opened.getNormalBounds(), maximized: opened.isMaximized() })
      if (quitting || !options.hideOnClose()) return
      event.preventDefault()
      opened.hide()
    })
    opened.on('closed', () => {
      window = undefined
      loaded = undefined
    })
    opened.once('ready-to-show', () => {
      if (maximized) opened.maximize()
      opened.show()
    })
    // a page that is only now loaded would miss the event, so it starts where it is to go
    loaded = opened.loadURL(`${applicationOrigin}/#${page}`)
    window = opened
    return opened
  }

  return {
    async show(page, confirm) {
      const existing = window
      const shown = existing ?? open(page ?? '/')
      await loaded
      if (shown.isDestroyed()) return shown
      if (existing && page !== undefined) shown.webContents.send('navigate:requested', { to: page, confirm } satisfies NavigateRequested)
      if (shown.isMinimized()) shown.restore()
      shown.show()
      shown.focus()
      return shown
    },
    send(event, payload) {
      if (window && !window.isDestroyed()) window.webContents.send(event, payload)
    },
    isOurs: (contents) => window !== undefined && contents === window.webContents,
    letClose() {
      quitting = true
    },
  }
}
