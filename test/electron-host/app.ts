import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { applicationInfo, launcherPath } from './application-info.ts'
import { hostRecord } from './host-record.ts'
import { SingleInstance } from './single-instance.ts'
import { createEvent, TypedEmitter, type HostEvent } from './typed-emitter.ts'
import type { BrowserWindow } from './browser-window.ts'
import type { WebContents } from './web-contents.ts'

interface AppEvents {
  'will-finish-launching': []
  ready: [HostEvent, object]
  'second-instance': [HostEvent, string[], string, unknown]
  'open-url': [HostEvent, string]
  'open-file': [HostEvent, string]
  'window-all-closed': []
  activate: [HostEvent, boolean]
  'before-quit': [HostEvent]
  'will-quit': [HostEvent]
  quit: [HostEvent, number]
  'web-contents-created': [HostEvent, WebContents]
  'browser-window-created': [HostEvent, BrowserWindow]
}

type PathName = 'home' | 'appData' | 'userData' | 'sessionData' | 'temp' | 'exe' | 'logs' | 'downloads' | 'documents'

class App extends TypedEmitter<AppEvents> {
  name: string = applicationInfo.name
  readonly isPackaged: boolean = false
  readonly dock: { setBadge(text: string): void; hide(): void; show(): Promise<void> } | undefined = undefined
  readonly commandLine = {
    hasSwitch: (name: string): boolean => applicationInfo.switches.has(name),
    getSwitchValue: (name: string): string => applicationInfo.switches.get(name) ?? '',
    appendSwitch: (name: string, value = ''): void => void applicationInfo.switches.set(name, value),
  }
  /** set by the browser and the windows, which know how to end themselves */
  closeWindows: () => boolean = () => true
  closeBrowser: () => Promise<void> = () => Promise.resolve()
  sandboxEnabled = false

  readonly #paths = new Map<PathName, string>()
  readonly #singleInstance = new SingleInstance()
  readonly #whenReady = Promise.withResolvers<void>()
  #ready = false
  #quitting = false

  get quitting(): boolean {
    return this.#quitting
  }

  getName(): string {
    return this.name
  }
  setName(name: string): void {
    this.name = name
  }
  getVersion(): string {
    return applicationInfo.version
  }
  getAppPath(): string {
    return applicationInfo.root
  }
  setPath(name: PathName, path: string): void {
    this.#paths.set(name, path)
  }
  getPath(name: PathName): string {
    const set = this.#paths.get(name)
    if (set !== undefined) return set
    switch (name) {
      case 'home':
        return homedir()
      case 'appData':
        return process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config')
      case 'userData':
        return applicationInfo.switches.get('user-data-dir') || join(this.getPath('appData'), this.name)
      case 'sessionData':
        return this.getPath('userData')
      case 'temp':
        return tmpdir()
      case 'exe':
        return launcherPath
      case 'logs':
        return join(this.getPath('userData'), 'logs')
      case 'downloads':
        return join(homedir(), 'Downloads')
      case 'documents':
        return join(homedir(), 'Documents')
    }
  }

  enableSandbox(): void {
    if (this.#ready) throw new Error('app.enableSandbox() can only be called before app is ready')
    this.sandboxEnabled = true
  }
  isReady(): boolean {
    return this.#ready
  }
  whenReady(): Promise<void> {
    return this.#whenReady.promise
  }
  becomeReady(): void {
    this.#ready = true
    this.#whenReady.resolve()
    this.emit('will-finish-launching')
    this.emit('ready', createEvent(), {})
  }

  requestSingleInstanceLock(): boolean {
    return this.#singleInstance.acquire(this.getPath('userData'), (second) => {
      void this.whenReady().then(() => this.emit('second-instance', createEvent(), second.argv, second.cwd, undefined))
    })
  }

  setAsDefaultProtocolClient(_scheme: string, _path?: string, _parameters?: string[]): boolean {
    return true
  }
  setAppUserModelId(_id: string): void {}
  setBadgeCount(count = 0): boolean {
    hostRecord.badges.push(count)
    return true
  }

  /** Electron's order: before-quit, close every window (which may refuse), will-quit, quit. */
  quit(): void {
    if (this.#quitting) return
    const before = createEvent()
    this.emit('before-quit', before)
    if (before.defaultPrevented) return
    this.#quitting = true
    const will = createEvent()
    if (this.closeWindows()) this.emit('will-quit', will)
    else will.preventDefault()
    if (will.defaultPrevented) {
      this.#quitting = false
      return
    }
    this.emit('quit', createEvent(), 0)
    this.exit(0)
  }

  exit(code = 0): void {
    this.#quitting = true
    this.#singleInstance.release()
    void this.closeBrowser().finally(() => process.exit(code))
  }
}

export const app = new App()

hostRecord.deepLink = (url) => {
  if (process.platform === 'darwin') app.emit('open-url', createEvent(), url)
  else app.emit('second-instance', createEvent(), [launcherPath, applicationInfo.root, url], process.cwd(), undefined)
}
