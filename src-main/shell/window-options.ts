import type { BrowserWindowConstructorOptions, WebPreferences } from 'electron'

/** Every window has these; the hardening report prints them. */
const hardenedWebPreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  navigateOnDragDrop: false,
  spellcheck: false,
} as const satisfies WebPreferences

export function windowOptions(input: {
  preload: string
  packaged: boolean
  dark: boolean
  bounds: { x?: number; y?: number; width: number; height: number }
}): BrowserWindowConstructorOptions {
  return {
    title: 'Gatehouse',
    ...input.bounds,
    minWidth: 960,
    minHeight: 600,
    show: false,
    backgroundColor: input.dark ? '#16181d' : '#f7f8fa',
    webPreferences: { ...hardenedWebPreferences, preload: input.preload, devTools: !input.packaged },
  }
}
