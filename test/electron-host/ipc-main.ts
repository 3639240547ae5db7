import { EventEmitter } from 'node:events'
import type { HostEvent } from './typed-emitter.ts'
import type { WebContents, WebFrameMain } from './web-contents.ts'

export interface IpcMainInvokeEvent extends HostEvent {
  sender: WebContents
  senderFrame: WebFrameMain | null
}
export type IpcMainEvent = IpcMainInvokeEvent

type InvokeHandler = (event: IpcMainInvokeEvent, ...parameters: unknown[]) => unknown
type SendListener = (event: IpcMainEvent, ...parameters: unknown[]) => void

class IpcMain {
  readonly #handlers = new Map<string, InvokeHandler>()
  readonly #listeners = new EventEmitter()

  handle(channel: string, handler: InvokeHandler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.#handlers.set(channel, handler)
  }
  removeHandler(channel: string): void {
    this.#handlers.delete(channel)
  }
  on(channel: string, listener: SendListener): this {
    this.#listeners.on(channel, listener)
    return this
  }
  removeAllListeners(channel: string): this {
    this.#listeners.removeAllListeners(channel)
    return this
  }

  async invoked(event: IpcMainInvokeEvent, channel: string, parameters: unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel)
    if (!handler) throw new Error(`No handler registered for '${channel}'`)
    return handler(event, ...parameters)
  }
  sent(event: IpcMainEvent, channel: string, parameters: unknown[]): void {
    this.#listeners.emit(channel, event, ...parameters)
  }
}

export const ipcMain = new IpcMain()
