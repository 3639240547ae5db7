import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AttachedPage } from './browser.ts'
import type { BrowserWindow } from './browser-window.ts'
import type { CdpSession, Protocol } from './cdp.ts'
import { createCloneCodec } from './clone.ts'
import { schemePatterns, serve, toAppUrl, toWebUrl } from './custom-scheme.ts'
import { debug } from './host-record.ts'
import { ipcMain, type IpcMainInvokeEvent } from './ipc-main.ts'
import { bindingName, inboxName, isolatedWorldName, preloadWorldScripts, type FromPage } from './preload-world.ts'
import { session } from './session.ts'
import { createEvent, TypedEmitter, type HostEvent } from './typed-emitter.ts'

interface NavigationEvent extends HostEvent {
  url: string
  isMainFrame: boolean
}

interface WebContentsEvents {
  'will-navigate': [NavigationEvent]
  'will-frame-navigate': [NavigationEvent]
  'will-redirect': [NavigationEvent]
  'will-attach-webview': [HostEvent, Record<string, unknown>, Record<string, string>]
  'did-finish-load': []
  'did-fail-load': [HostEvent, number, string, string]
  'preload-error': [HostEvent, string, Error]
  'render-process-gone': [HostEvent, { reason: string; exitCode: number }]
  'page-title-updated': [HostEvent, string]
  destroyed: []
}

export interface WebFrameMain {
  readonly url: string
  readonly origin: string
  readonly parent: WebFrameMain | null
  readonly frameTreeNodeId: number
}

interface WindowOpenDetails {
  url: string
}
export type WindowOpenHandler = (details: WindowOpenDetails) => { action: 'deny' }

const codec = createCloneCodec()
const withoutFragment = (url: string): string => url.split('#')[0] ?? ''

export class WebContents extends TypedEmitter<WebContentsEvents> {
  readonly id: number
  readonly session = session.defaultSession
  readonly mainFrame: WebFrameMain
  readonly window: BrowserWindow
  windowOpenHandler: WindowOpenHandler | null = null
  targetId: string | undefined
  #page: CdpSession | undefined
  #world: string | undefined
  #webUrl = ''
  #title = ''
  #destroyed = false
  readonly #fileMark = `${randomBytes(16).toString('hex')}:`
  /** a navigation that main asked for: not the page's own doing, so no will-navigate */
  #ownNavigation: string | undefined

  constructor(window: BrowserWindow, id: number) {
    super()
    this.window = window
    this.id = id
    const url = () => this.getURL()
    this.mainFrame = {
      get url() {
        return url()
      },
      get origin() {
        return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url())?.[0] ?? 'null'
      },
      parent: null,
      frameTreeNodeId: id,
    }
  }

  /** Prepares a paused page: everything must be in place before its first document. */
  async attach({ session: page, target, resume }: AttachedPage, preload: string | undefined): Promise<void> {
    this.#page = page
    this.targetId = target.targetId
    const scripts = preloadWorldScripts({
      secret: randomBytes(16).toString('hex'),
      preloadSource: preload === undefined ? '' : readFileSync(preload, 'utf8'),
      fileMark: this.#fileMark,
      versions: Object.fromEntries(Object.entries(process.versions).map(([name, version]) => [name, version ?? ''])),
    })
    this.#listen(page, target.targetId)
    await Promise.all([
      page.send('Page.enable'),
      page.send('Runtime.enable'),
      page.send('Runtime.addBinding', { name: bindingName, executionContextName: isolatedWorldName }),
      page.send('Page.addScriptToEvaluateOnNewDocument', { source: scripts.page }),
      page.send('Page.addScriptToEvaluateOnNewDocument', { source: scripts.isolated, worldName: isolatedWorldName }),
      page.send('Fetch.enable', { patterns: [{ urlPattern: '*', resourceType: 'Document' }, ...schemePatterns()] }),
      page.send('Emulation.setFocusEmulationEnabled', { enabled: true }),
      page.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true }),
      resume(),
    ])
  }

  #listen(page: CdpSession, mainFrame: string): void {
    page.on('Runtime.executionContextCreated', ({ context }) => {
      const details = context.auxData as { frameId?: string } | undefined
      if (context.name === isolatedWorldName && details?.frameId === mainFrame) this.#world = context.uniqueId
    })
    page.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === bindingName) this.#receive(JSON.parse(payload) as FromPage, this.#world)
    })
    page.on('Page.frameNavigated', ({ frame }) => {
      if (!frame.parentId) this.#webUrl = frame.url + (frame.urlFragment ?? '')
    })
    page.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === mainFrame) this.#webUrl = url
    })
    page.on('Page.loadEventFired', () => {
      if (this.#webUrl !== 'about:blank') this.emit('did-finish-load')
    })
    page.on('Inspector.targetCrashed', () => this.emit('render-process-gone', createEvent(), { reason: 'crashed', exitCode: 1 }))
    page.on('Fetch.requestPaused', (paused) => {
      this.#paused(paused, page, mainFrame).catch((error: unknown) => debug('fetch', error))
    })
  }

  async #paused(paused: Protocol.Fetch.requestPausedPayload, page: CdpSession, mainFrame: string): Promise<void> {
    if (paused.resourceType === 'Document') {
      const isMainFrame = paused.frameId === mainFrame
      const asked = isMainFrame && paused.request.url === this.#ownNavigation
      if (isMainFrame) this.#ownNavigation = undefined
      if (!asked && this.#isRefused(toAppUrl(paused.request.url), isMainFrame, paused.redirectedRequestId !== undefined)) {
        await page.send('Fetch.failRequest', { requestId: paused.requestId, errorReason: 'Aborted' })
        return
      }
      if (isMainFrame) await this.session.applyPermissions(this, paused.request.url)
    }
    if (!(await serve(paused, page))) await page.send('Fetch.continueRequest', { requestId: paused.requestId })
  }

  #isRefused(url: string, isMainFrame: boolean, redirected: boolean): boolean {
    const event: NavigationEvent = Object.assign(createEvent(), { url, isMainFrame })
    // `createEvent` marks the object it made, which `assign` returned
    if (redirected) this.emit('will-redirect', event)
    else {
      this.emit('will-frame-navigate', event)
      if (isMainFrame) this.emit('will-navigate', event)
    }
    return event.defaultPrevented
  }

  #receive(message: FromPage, world: string | undefined): void {
    if (message.type === 'title') {
      if (message.title === this.#title) return
      this.#title = message.title
      this.emit('page-title-updated', createEvent(), message.title)
    } else if (message.type === 'preload-error') {
      console.error(`Unable to load preload script\n${message.message}`)
      this.emit('preload-error', createEvent(), '', new Error(message.message))
    } else {
      const event: IpcMainInvokeEvent = Object.assign(createEvent(), { sender: this, senderFrame: this.mainFrame })
      const parameters = codec.decode(message.parameters) as unknown[]
      if (message.type === 'send') ipcMain.sent(event, message.channel, parameters)
      else void this.#invoke(event, message, parameters, world)
    }
  }

  async #invoke(
    event: IpcMainInvokeEvent,
    message: FromPage & { type: 'invoke' },
    parameters: unknown[],
    world: string | undefined,
  ): Promise<void> {
    let fulfilled = true
    let text: string
    try {
      text = codec.encode(await ipcMain.invoked(event, message.channel, await this.#withPaths(parameters, world)))
    } catch (error) {
      fulfilled = false
      text = codec.encode(`Error invoking remote method '${message.channel}': ${String(error)}`)
    }
    this.#run(`${inboxName}.settle(${message.id}, ${fulfilled}, ${JSON.stringify(text)})`, world)
  }

  /** What a preload got for a file becomes the path of the file, or nothing for one that a page made up. */
  async #withPaths(parameters: unknown[], world: string | undefined): Promise<unknown[]> {
    const pathOf = async (value: unknown): Promise<unknown> => {
      if (typeof value !== 'string' || !value.startsWith(this.#fileMark)) return value
      const index = Number(value.slice(this.#fileMark.length))
      const expression = `${inboxName}.file(${index})`
      const found = await this.#page?.send('Runtime.evaluate', { expression, ...(world !== undefined && { uniqueContextId: world }) })
      const objectId = found?.result.objectId
      return objectId === undefined ? '' : ((await this.#page?.send('DOM.getFileInfo', { objectId }))?.path ?? '')
    }
    const known = (value: unknown): unknown =>
      Array.isArray(value) ? Promise.all(value.map(pathOf)).then((paths) => paths.filter((path) => path !== '')) : value
    return Promise.all(parameters.map(known))
  }

  #run(expression: string, world: string | undefined = this.#world): void {
    if (world === undefined || this.#destroyed) return
    this.#page?.send('Runtime.evaluate', { expression, uniqueContextId: world }).catch((error: unknown) => debug('no page', error))
  }

  send(channel: string, ...parameters: unknown[]): void {
    if (this.#destroyed) throw new TypeError('Object has been destroyed')
    this.#run(`${inboxName}.deliver(${JSON.stringify(channel)}, ${JSON.stringify(codec.encode(parameters))})`)
  }

  async loadURL(url: string): Promise<void> {
    await this.window.opened
    const loaded = new Promise<void>((resolve) => this.once('did-finish-load', resolve))
    this.#ownNavigation = withoutFragment(new URL(toWebUrl(url)).href)
    const result = await this.#page?.send('Page.navigate', { url: toWebUrl(url) })
    if (result?.errorText) {
      this.emit('did-fail-load', createEvent(), -2, result.errorText, url)
      throw new Error(`${result.errorText} (-2) loading '${url}'`)
    }
    await loaded
  }

  reload(): void {
    this.#ownNavigation = withoutFragment(this.#webUrl)
    this.#page?.send('Page.reload').catch((error: unknown) => debug('reload', error))
  }

  async setViewport(width: number, height: number): Promise<void> {
    await this.#page?.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
  }

  async setColorScheme(scheme: 'light' | 'dark' | 'system'): Promise<void> {
    const value = scheme === 'system' ? '' : scheme
    await this.#page?.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] })
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.windowOpenHandler = handler
  }
  getURL(): string {
    return toAppUrl(this.#webUrl)
  }
  getTitle(): string {
    return this.#title
  }
  isDestroyed(): boolean {
    return this.#destroyed
  }
  close(_options?: { waitForBeforeUnload?: boolean }): void {
    this.window.close()
  }
  markDestroyed(): void {
    this.#destroyed = true
    this.emit('destroyed')
  }
}
