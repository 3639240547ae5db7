/**
 * What runs in a page before its own scripts: the page's end of the bridge, and in an isolated world a sandboxed preload's
 * surroundings (`require` that knows only `electron`, ipcRenderer, contextBridge) and then the preload itself.
 */
import { createCloneCodec, type CloneCodec } from './clone.ts'
import { createBridgeEnd, type BridgeEnd } from './context-bridge.ts'

export const isolatedWorldName = 'Electron Isolated Context'
/** the function by which the isolated world speaks to main; deleted from its globals before the preload runs */
export const bindingName = '__toMain'
/** the object by which main speaks to the isolated world */
export const inboxName = '__fromMain'

export type FromPage =
  | { type: 'invoke'; id: number; channel: string; parameters: string }
  | { type: 'send'; channel: string; parameters: string }
  | { type: 'title'; title: string }
  | { type: 'preload-error'; message: string }

interface PreloadSettings {
  bindingName: string
  inboxName: string
  /** before the number of a file whose path is asked for: nobody else knows it */
  fileMark: string
  platform: string
  versions: Record<string, string>
}

type RendererListener = (event: object, ...parameters: unknown[]) => void

/** what `require('electron')` gives in a preload */
export interface PreloadElectron {
  ipcRenderer: {
    on(channel: string, listener: RendererListener): unknown
    removeListener(channel: string, listener: RendererListener): unknown
    send(channel: string, ...parameters: unknown[]): void
    invoke(channel: string, ...parameters: unknown[]): Promise<unknown>
  }
  contextBridge: { exposeInMainWorld(key: string, api: unknown): void }
  webUtils: { getPathForFile(file: File): string }
}

type Preload = (require: (name: string) => unknown, module: { exports: unknown }, exports: unknown, process: unknown) => void

function runIsolatedWorld(codec: CloneCodec, bridge: BridgeEnd, settings: PreloadSettings, preload: Preload): void {
  const world = globalThis as unknown as Record<string, unknown>
  const speak = world[settings.bindingName] as (text: string) => void
  delete world[settings.bindingName]
  const say = (message: FromPage) => speak(JSON.stringify(message))

  const listeners = new Map<string, RendererListener[]>()
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let sequence = 0

  const ipcRenderer: PreloadElectron['ipcRenderer'] = {
    on(channel: string, listener: RendererListener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
    removeListener(channel: string, listener: RendererListener) {
      const left = listeners.get(channel) ?? []
      const at = left.indexOf(listener)
      if (at >= 0) listeners.set(channel, left.toSpliced(at, 1))
      return ipcRenderer
    },
    send: (channel: string, ...parameters: unknown[]) => say({ type: 'send', channel, parameters: codec.encode(parameters) }),
    invoke(channel: string, ...parameters: unknown[]): Promise<unknown> {
      return new Promise((resolve, reject) => {
        const encoded = codec.encode(parameters)
        const id = ++sequence
        waiting.set(id, { resolve, reject })
        say({ type: 'invoke', id, channel, parameters: encoded })
      })
    },
  }

  const files: File[] = []

  world[settings.inboxName] = {
    file: (index: number) => files[index],
    settle(id: number, fulfilled: boolean, text: string) {
      const promise = waiting.get(id)
      waiting.delete(id)
      if (fulfilled) promise?.resolve(codec.decode(text))
      else promise?.reject(new Error(String(codec.decode(text))))
    },
    deliver(channel: string, text: string) {
      const parameters = codec.decode(text) as unknown[]
      for (const listener of listeners.get(channel) ?? []) listener({ sender: ipcRenderer, ports: [] }, ...parameters)
    },
  }

  const electron: PreloadElectron = {
    ipcRenderer,
    contextBridge: { exposeInMainWorld: (key: string, api: unknown) => bridge.expose(key, api) },
    // only the browser's process knows where a file lies, and it cannot be asked here and now: what is given is replaced on its way to main
    webUtils: {
      getPathForFile(file) {
        if (!(file instanceof File)) throw new TypeError('not a file')
        return settings.fileMark + (files.push(file) - 1)
      },
    },
  }
  const require = (name: string): unknown => {
    if (name === 'electron') return electron
    throw new Error(`module not found: ${name} (a sandboxed preload can require only electron)`)
  }
  const process = {
    type: 'renderer',
    sandboxed: true,
    contextIsolated: true,
    platform: settings.platform,
    versions: settings.versions,
    env: {},
  }

  document.addEventListener('DOMContentLoaded', () => {
    const tell = () => say({ type: 'title', title: document.title })
    tell()
    new MutationObserver(tell).observe(document.head, { subtree: true, childList: true, characterData: true })
  })

  const module = { exports: {} }
  try {
    preload(require, module, module.exports, process)
  } catch (error) {
    say({ type: 'preload-error', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

/** Source texts for `Page.addScriptToEvaluateOnNewDocument`. Only the top frame gets a bridge, as in Electron. */
export function preloadWorldScripts(options: {
  secret: string
  preloadSource: string
  versions: Record<string, string>
  fileMark: string
}): {
  page: string
  isolated: string
} {
  const secret = JSON.stringify(options.secret)
  const settings: PreloadSettings = {
    bindingName,
    inboxName,
    fileMark: options.fileMark,
    platform: process.platform,
    versions: options.versions,
  }
  const preload = `function (require, module, exports, process) {\n${options.preloadSource}\n}`
  const bridgeEnd = (side: 'page' | 'preload') => `(${createBridgeEnd.toString()})(${secret}, '${side}')`
  const codec = `(${createCloneCodec.toString()})()`
  const topOnly = 'if (window === window.top)'
  return {
    page: `${topOnly} ${bridgeEnd('page')}`,
    isolated: `${topOnly} (${runIsolatedWorld.toString()})(${codec}, ${bridgeEnd('preload')}, ${JSON.stringify(settings)}, ${preload})`,
  }
}
