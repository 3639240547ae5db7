import { app } from './app.ts'
import { headful, theBrowser, type AttachedPage } from './browser.ts'
import type { Protocol } from './cdp.ts'
import { toAppUrl } from './custom-scheme.ts'
import { debug, hostRecord } from './host-record.ts'
import { nativeTheme } from './native-theme.ts'
import { createEvent, TypedEmitter, type HostEvent } from './typed-emitter.ts'
import { WebContents } from './web-contents.ts'
import type { NativeImage } from './native-image.ts'

export interface Rectangle {
  x: number
  y: number
  width: number
  height: number
}

export interface WebPreferences {
  preload?: string
  /** the host models sandboxed, isolated windows without Node, and nothing else */
  sandbox: true
  contextIsolation: true
  nodeIntegration: false
  nodeIntegrationInWorker?: false
  nodeIntegrationInSubFrames?: false
  webviewTag?: false
  webSecurity?: true
  allowRunningInsecureContent?: false
  navigateOnDragDrop?: false
  safeDialogs?: boolean
  spellcheck?: boolean
  devTools?: boolean
}

export interface BrowserWindowConstructorOptions extends Partial<Rectangle> {
  title?: string
  show?: boolean
  minWidth?: number
  minHeight?: number
  backgroundColor?: string
  autoHideMenuBar?: boolean
  icon?: NativeImage
  webPreferences: WebPreferences
}

interface WindowEvents {
  close: [HostEvent]
  closed: []
  show: []
  hide: []
  focus: []
  blur: []
  resize: []
  move: []
  maximize: []
  unmaximize: []
  'ready-to-show': []
}

const windows = new Map<number, BrowserWindow>()
let focusedId: number | undefined
let nextId = 1

export class BrowserWindow extends TypedEmitter<WindowEvents> {
  readonly id: number = nextId++
  readonly webContents: WebContents
  /** settles when the page is there */
  readonly opened: Promise<void>
  #bounds: Rectangle
  #title: string
  #visible: boolean
  #minimized = false
  #maximized = false
  #destroyed = false

  constructor(options: BrowserWindowConstructorOptions) {
    super()
    const { sandbox, contextIsolation, nodeIntegration }: Record<string, unknown> = { ...options.webPreferences }
    if (sandbox !== true || contextIsolation !== true || nodeIntegration !== false) {
      throw new Error('The host only models sandboxed windows with context isolation and without Node.')
    }
    this.#bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width ?? 800, height: options.height ?? 600 }
    this.#title = options.title ?? app.name
    this.#visible = options.show !== false
    this.webContents = new WebContents(this, this.id)
    windows.set(this.id, this)
    this.opened = this.#open(options.webPreferences.preload)
    this.opened.catch((error: unknown) => console.error('[host] the window could not be opened', error))
    this.webContents.once('did-finish-load', () => {
      hostRecord.firstWindowMs ??= performance.now()
      this.emit('ready-to-show')
    })
    app.emit('web-contents-created', createEvent(), this.webContents)
    app.emit('browser-window-created', createEvent(), this)
    if (this.#visible) focusedId = this.id
  }

  async #open(preload: string | undefined): Promise<void> {
    await this.webContents.attach(await theBrowser().openPage(this.#bounds, this.#title), preload)
    await this.webContents.setColorScheme(nativeTheme.themeSource)
    if (!headful) await this.webContents.setViewport(this.#bounds.width, this.#bounds.height)
    else {
      // a second start of the same profile does not heed the size that it is given
      await this.#changeWindow({ left: this.#bounds.x, top: this.#bounds.y, width: this.#bounds.width, height: this.#bounds.height })
      if (!this.#visible) await this.#setWindowState('minimized')
    }
  }

  #setWindowState(windowState: 'normal' | 'minimized' | 'maximized'): Promise<void> {
    return this.#changeWindow({ windowState })
  }

  async #changeWindow(bounds: Protocol.Browser.Bounds): Promise<void> {
    if (!headful || this.webContents.targetId === undefined) return
    const { browser } = theBrowser().cdp
    try {
      const { windowId } = await browser.send('Browser.getWindowForTarget', { targetId: this.webContents.targetId })
      await browser.send('Browser.setWindowBounds', { windowId, bounds })
    } catch (error) {
      debug('window bounds', error)
    }
  }

  /** The page has gone, by our doing or the person's. */
  gone(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    windows.delete(this.id)
    if (this.isFocused()) focusedId = undefined
    this.webContents.markDestroyed()
    this.emit('closed')
    if (windows.size > 0 || app.quitting) return
    if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed')
    else app.quit()
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url)
  }
  close(): void {
    if (this.#destroyed) return
    const event = createEvent()
    this.emit('close', event)
    if (!event.defaultPrevented) this.destroy()
  }
  destroy(): void {
    if (this.#destroyed) return
    this.gone()
    void this.opened
      .then(() => theBrowser().cdp.browser.send('Target.closeTarget', { targetId: this.webContents.targetId ?? '' }))
      .catch((error: unknown) => debug('close', error))
  }

  show(): void {
    const was = this.#visible
    this.#visible = true
    this.#minimized = false
    void this.#setWindowState('normal')
    if (!was) this.emit('show')
    this.focus()
  }
  hide(): void {
    this.#visible = false
    void this.#setWindowState('minimized')
    this.blur()
    this.emit('hide')
  }
  focus(): void {
    if (this.isFocused()) return
    BrowserWindow.getFocusedWindow()?.blur()
    focusedId = this.id
    this.emit('focus')
  }
  blur(): void {
    if (!this.isFocused()) return
    focusedId = undefined
    this.emit('blur')
  }
  minimize(): void {
    this.#minimized = true
    void this.#setWindowState('minimized')
    this.blur()
  }
  restore(): void {
    this.#minimized = false
    void this.#setWindowState('normal')
  }
  maximize(): void {
    this.#maximized = true
    void this.#setWindowState('maximized')
    this.emit('maximize')
  }
  isVisible(): boolean {
    return this.#visible && !this.#minimized
  }
  isMinimized(): boolean {
    return this.#minimized
  }
  isMaximized(): boolean {
    return this.#maximized
  }
  isFocused(): boolean {
    return focusedId === this.id
  }
  isDestroyed(): boolean {
    return this.#destroyed
  }
  getTitle(): string {
    return this.webContents.getTitle() || this.#title
  }
  getNormalBounds(): Rectangle {
    return { ...this.#bounds }
  }
  getBounds(): Rectangle {
    return { ...this.#bounds }
  }
  setBounds(bounds: Partial<Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds }
    void this.webContents.setViewport(this.#bounds.width, this.#bounds.height)
    this.emit('resize')
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows.values()]
  }
  static getFocusedWindow(): BrowserWindow | null {
    return windows.get(focusedId ?? 0) ?? null
  }
  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return contents.window
  }
}

app.closeWindows = () => {
  for (const window of windows.values()) {
    window.close()
    if (!window.isDestroyed()) return false
  }
  return true
}

nativeTheme.on('updated', () => {
  for (const window of windows.values()) void window.webContents.setColorScheme(nativeTheme.themeSource)
})

export function onTargetGone(targetId: string): void {
  windowOfTarget(targetId)?.gone()
}

const windowOfTarget = (targetId: string): BrowserWindow | undefined =>
  [...windows.values()].find((window) => window.webContents.targetId === targetId)

export const webContents = {
  getAllWebContents: (): WebContents[] => [...windows.values()].map((window) => window.webContents),
  fromDevToolsTargetId: (targetId: string): WebContents | undefined => windowOfTarget(targetId)?.webContents,
}

/** The page called window.open: the handler of its opener is asked; the host models refusal only. */
export function onPopup({ session, target, resume }: AttachedPage): void {
  const opener = [...windows.values()].find((window) => window.webContents.targetId === target.openerId) ?? [...windows.values()][0]
  const verdict = opener?.webContents.windowOpenHandler?.({ url: toAppUrl(target.url) })
  if (verdict?.action !== 'deny') console.error('[host] window.open without a handler that denies it is not modelled')
  // its main thread is the opener's, so it must go on before it can be closed; but no request gets out
  void session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }).catch((error: unknown) => debug('popup', error))
  void resume()
  void theBrowser()
    .cdp.browser.send('Target.closeTarget', { targetId: target.targetId })
    .catch((error: unknown) => debug('popup', error))
}
