/** The rest of the desktop: recorded, answered as `__gatehouseHost` says. */
import { headful, theBrowser } from './browser.ts'
import { hostRecord } from './host-record.ts'
import type { BrowserWindow, Rectangle } from './browser-window.ts'
import type { Menu } from './menu.ts'
import type { NativeImage } from './native-image.ts'
import { TypedEmitter } from './typed-emitter.ts'

export const shell = {
  openExternal(url: string): Promise<void> {
    hostRecord.openExternal.push(url)
    // without a visible window there is no person to look at it: a test opens what was recorded
    if (headful) theBrowser().openSystemBrowser(url)
    return Promise.resolve()
  },
}

export const clipboard = {
  writeText(text: string): Promise<void> {
    hostRecord.clipboard = text
    return Promise.resolve()
  },
  readText: (): string => hostRecord.clipboard,
}

export interface OpenDialogOptions {
  title?: string
  buttonLabel?: string
  defaultPath?: string
  filters?: { name: string; extensions: string[] }[]
  properties?: ('openFile' | 'openDirectory' | 'multiSelections' | 'createDirectory')[]
}

export const dialog = {
  showOpenDialog(_window: BrowserWindow, options: OpenDialogOptions): Promise<{ canceled: boolean; filePaths: string[] }> {
    hostRecord.dialogs.push({ kind: 'open', title: options.title })
    const answer = hostRecord.dialogAnswers.shift()
    return Promise.resolve({ canceled: answer === undefined, filePaths: answer?.filePaths ?? [] })
  },
  showErrorBox(title: string, content: string): void {
    console.error(`${title}\n${content}`)
  },
}

export class Tray extends TypedEmitter<{ click: [] }> {
  image: NativeImage
  toolTip = ''
  menu: Menu | null = null

  constructor(image: NativeImage) {
    super()
    this.image = image
    hostRecord.tray = this
  }
  setImage(image: NativeImage): void {
    this.image = image
  }
  setToolTip(text: string): void {
    this.toolTip = text
  }
  setContextMenu(menu: Menu | null): void {
    this.menu = menu
  }
  destroy(): void {
    if (hostRecord.tray === this) hostRecord.tray = undefined
  }
}

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } satisfies Rectangle }
export const screen = { getAllDisplays: (): { id: number; workArea: Rectangle }[] => [display] }
