/** The module `electron` as main sees it: what the application uses, and no more. A test compares both. */
import { app } from './app.ts'
import { BrowserWindow, webContents } from './browser-window.ts'
import { protocol } from './custom-scheme.ts'
import { clipboard, dialog, screen, shell, Tray } from './desktop-parts.ts'
import { ipcMain } from './ipc-main.ts'
import { Menu, MenuItem } from './menu.ts'
import { nativeImage } from './native-image.ts'
import { nativeTheme } from './native-theme.ts'
import { Notification } from './notification.ts'
import { safeStorage } from './safe-storage.ts'
import { session } from './session.ts'

export type { BrowserWindowConstructorOptions, Rectangle, WebPreferences } from './browser-window.ts'
export type { IpcMainEvent, IpcMainInvokeEvent } from './ipc-main.ts'
export type { MenuItemConstructorOptions } from './menu.ts'
export type { OpenDialogOptions } from './desktop-parts.ts'
export type { NativeImage } from './native-image.ts'
export type { NotificationConstructorOptions } from './notification.ts'
export type { Session } from './session.ts'
export type { WebContents, WebFrameMain } from './web-contents.ts'

export {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  Notification,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  webContents,
}

// electron-store and other CommonJS-minded packages import the default
export default {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  Notification,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  webContents,
}
