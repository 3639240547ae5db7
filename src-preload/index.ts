/**
 * The whole of what a page gets from the desktop: `window.gatehouse`, three functions: two over a fixed list of channels, one for dropped files. Replies cross as
 * they are (the bridge would drop the properties of an Error); event objects do not cross at all.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { DesktopBridge, DesktopReply } from '../src-protocol/desktop-api.ts'
import { droppedFilesChannel, isDesktopChannel, isDesktopEvent } from '../src-protocol/desktop-channels.ts'

const bridge: DesktopBridge = {
  async openFiles(files) {
    // of a file that a page made up this is empty
    const paths = files.map((file) => webUtils.getPathForFile(file as File)).filter((path) => path !== '')
    return (await ipcRenderer.invoke(droppedFilesChannel, paths)) as DesktopReply<'library:cancel-import'>
  },
  async invoke(channel, ...input) {
    if (!isDesktopChannel(channel)) throw new Error('There is no such channel.')
    return (await ipcRenderer.invoke(channel, input[0])) as DesktopReply<typeof channel>
  },
  subscribe(event, listener) {
    if (!isDesktopEvent(event)) throw new Error('There is no such event.')
    // main has checked it against the contract
    const receive = (_event: unknown, payload: unknown) => listener(payload as Parameters<typeof listener>[0])
    ipcRenderer.on(event, receive)
    return () => {
      ipcRenderer.removeListener(event, receive)
    }
  },
}

contextBridge.exposeInMainWorld('gatehouse', bridge)
