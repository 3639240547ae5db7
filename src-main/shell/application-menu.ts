import type { MenuItemConstructorOptions } from 'electron'
import type { Preferences } from '../services/preferences.ts'

type ColorScheme = Preferences['colorScheme']

const schemes: readonly (readonly [ColorScheme, string])[] = [
  ['auto', 'Follow System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

/** The menu as data. Ctrl/Cmd+K belongs to the window and is not here. */
export function applicationMenu(input: {
  platform: NodeJS.Platform
  packaged: boolean
  colorScheme: ColorScheme
  openAnotherProfile: () => void
  setColorScheme: (scheme: ColorScheme) => void
}): MenuItemConstructorOptions[] {
  const mac: MenuItemConstructorOptions[] =
    input.platform === 'darwin'
      ? [
          {
            label: 'Gatehouse',
            submenu: [{ role: 'about' }, { type: 'separator' }, { role: 'hide' }, { role: 'hideOthers' }, { role: 'quit' }],
          },
        ]
      : []
  const file: MenuItemConstructorOptions = {
    label: 'File',
    submenu: [
      { id: 'another-profile', label: 'Open Another Profile', accelerator: 'CmdOrCtrl+Shift+N', click: input.openAnotherProfile },
      { type: 'separator' },
      { role: 'close' },
      ...(input.platform === 'darwin' ? [] : [{ role: 'quit' } as const]),
    ],
  }
  const view: MenuItemConstructorOptions = {
    label: 'View',
    submenu: [
      ...schemes.map(([scheme, label]): MenuItemConstructorOptions => ({
        id: `color-scheme-${scheme}`,
        label,
        type: 'radio',
        checked: input.colorScheme === scheme,
        click: () => input.setColorScheme(scheme),
      })),
      { type: 'separator' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { role: 'resetZoom' },
      { role: 'togglefullscreen' },
      ...(input.packaged ? [] : [{ type: 'separator' } as const, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]),
    ],
  }
  return [...mac, file, { role: 'editMenu' }, view, { role: 'windowMenu' }]
}
