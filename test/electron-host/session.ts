import { theBrowser } from './browser.ts'
import { toAppUrl } from './custom-scheme.ts'
import { debug } from './host-record.ts'
import type { WebContents } from './web-contents.ts'

interface PermissionDetails {
  requestingUrl?: string
  isMainFrame: boolean
}
type RequestHandler = (
  contents: WebContents | null,
  permission: string,
  callback: (granted: boolean) => void,
  details: PermissionDetails,
) => void
type CheckHandler = (contents: WebContents | null, permission: string, origin: string, details: PermissionDetails) => boolean

/** Electron's name of a permission → the DevTools protocol's. */
const permissions: readonly (readonly [electron: string, chromium: string])[] = [
  ['notifications', 'notifications'],
  ['geolocation', 'geolocation'],
  ['media', 'camera'],
  ['media', 'microphone'],
  ['midi', 'midi'],
  ['clipboard-read', 'clipboard-read'],
  ['clipboard-sanitized-write', 'clipboard-write'],
  ['idle-detection', 'idle-detection'],
  ['storage-access', 'storage-access'],
  ['display-capture', 'display-capture'],
  ['window-management', 'window-management'],
]

export class Session {
  #onRequest: RequestHandler | null = null
  #onCheck: CheckHandler | null = null

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.#onRequest = handler
  }
  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.#onCheck = handler
  }
  // the browser offers no devices and no screens to a headless page; what is set here has nothing to decide
  setDevicePermissionHandler(_handler: ((details: object) => boolean) | null): void {}
  setDisplayMediaRequestHandler(_handler: ((request: object, callback: (streams: object | null) => void) => void) | null): void {}

  /** The protocol has no question per request, so the handlers are asked for each permission when a page loads. */
  async applyPermissions(contents: WebContents, webUrl: string): Promise<void> {
    const { origin } = new URL(webUrl)
    if (origin === 'null') return
    await Promise.all(
      permissions.map(async ([electronName, name]) => {
        const granted = await this.#ask(contents, electronName, toAppUrl(webUrl))
        await theBrowser()
          .cdp.browser.send('Browser.setPermission', { permission: { name }, setting: granted ? 'granted' : 'denied', origin })
          .catch((error: unknown) => debug('permission', name, error))
      }),
    )
  }

  async #ask(contents: WebContents, permission: string, url: string): Promise<boolean> {
    const details: PermissionDetails = { requestingUrl: url, isMainFrame: true }
    if (this.#onCheck && !this.#onCheck(contents, permission, url, details)) return false
    if (!this.#onRequest) return true
    return new Promise((resolve) => this.#onRequest?.(contents, permission, resolve, details))
  }
}

const defaultSession = new Session()
export const session = { defaultSession }
