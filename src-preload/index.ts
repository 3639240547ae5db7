/**
 * The whole of what a page gets from the desktop: `window.gatehouse`, two functions over a fixed list of channels. Replies cross as
 * they are (the bridge would drop the properties of an Error); event objects do not cross at all.
 */
import { contextBridge, ipcRenderer } from 'electron'
import type { DesktopBridge, DesktopReply } from '../src-protocol/desktop-api.ts'
import { isDesktopChannel, isDesktopEvent } from '../src-protocol/desktop-channels.ts'

const bridge: DesktopBridge = {
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
