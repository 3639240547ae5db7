import { hostRecord } from './host-record.ts'
import type { BrowserWindow } from './browser-window.ts'

type Role =
  | 'about'
  | 'close'
  | 'copy'
  | 'cut'
  | 'editMenu'
  | 'hide'
  | 'hideOthers'
  | 'unhide'
  | 'minimize'
  | 'paste'
  | 'quit'
  | 'redo'
  | 'reload'
  | 'resetZoom'
  | 'selectAll'
  | 'services'
  | 'toggleDevTools'
  | 'togglefullscreen'
  | 'undo'
  | 'windowMenu'
  | 'zoomIn'
  | 'zoomOut'

export interface MenuItemConstructorOptions {
  id?: string
  label?: string
  role?: Role
  type?: 'normal' | 'separator' | 'submenu' | 'checkbox' | 'radio'
  accelerator?: string
  checked?: boolean
  enabled?: boolean
  visible?: boolean
  submenu?: MenuItemConstructorOptions[]
  click?: (item: MenuItem, window: BrowserWindow | undefined) => void
}

export class MenuItem {
  readonly id: string | undefined
  readonly label: string
  readonly submenu: Menu | undefined
  checked: boolean
  enabled: boolean
  visible: boolean
  readonly #onClick: MenuItemConstructorOptions['click']

  constructor(options: MenuItemConstructorOptions) {
    this.id = options.id
    this.label = options.label ?? options.role ?? ''
    this.submenu = options.submenu && Menu.buildFromTemplate(options.submenu)
    this.checked = options.checked ?? false
    this.enabled = options.enabled ?? true
    this.visible = options.visible ?? true
    this.#onClick = options.click
  }

  /** what a person's click does */
  click(): void {
    if (this.enabled) this.#onClick?.(this, undefined)
  }
}

export class Menu {
  readonly items: MenuItem[] = []

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id)
      if (found) return found
    }
    return null
  }

  static buildFromTemplate(template: MenuItemConstructorOptions[]): Menu {
    const menu = new Menu()
    menu.items.push(...template.map((options) => new MenuItem(options)))
    return menu
  }
  static setApplicationMenu(menu: Menu | null): void {
    hostRecord.applicationMenu = menu
  }
}
