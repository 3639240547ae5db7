import { app, Menu, nativeImage, Tray } from 'electron'
import { drawTrayIcon } from './tray-icon.ts'

export interface ApplicationTray {
  showCount: (waiting: number) => void
  close: () => void
}

/** The icon that stays when the window is closed, with the number of requests that wait for this person. */
export function createTray(ports: { show: () => void; openInbox: () => void }): ApplicationTray {
  const image = (waiting: number) => nativeImage.createFromBuffer(drawTrayIcon(waiting), { scaleFactor: 2 })
  const tray = new Tray(image(0))
  let shown = -1

  const showCount = (waiting: number) => {
    if (waiting === shown) return
    shown = waiting
    const summary = waiting === 1 ? '1 request waits for you' : `${waiting} requests wait for you`
    tray.setImage(image(waiting))
    tray.setToolTip(waiting === 0 ? 'Gatehouse' : `Gatehouse: ${summary}`)
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { id: 'inbox', label: waiting === 0 ? 'No request waits' : summary, enabled: waiting > 0, click: ports.openInbox },
        { type: 'separator' },
        { id: 'show', label: 'Show Gatehouse', click: ports.show },
        { id: 'quit', label: 'Quit', click: () => app.quit() },
      ]),
    )
    app.setBadgeCount(waiting)
  }

  tray.on('click', ports.show)
  showCount(0)
  return { showCount, close: () => tray.destroy() }
}
