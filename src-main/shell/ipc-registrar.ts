import type { IpcMainInvokeEvent } from 'electron'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../src-protocol/app-error.ts'
import { desktopContract, desktopEvents, type DesktopChannel, type DesktopReply } from '../../src-protocol/desktop-api.ts'
import { desktopChannels, desktopEventNames, droppedFilesChannel } from '../../src-protocol/desktop-channels.ts'
import type { Desktop, DesktopHandlers } from '../services/desktop.ts'
import { isApplicationUrl } from './application-origin.ts'

export type DesktopSubscribe = Desktop['subscribe']

type Reply = DesktopReply<DesktopChannel>
type Value = (Reply & { ok: true })['value']

export interface IpcPorts {
  /** Electron's, or a test's */
  ipcMain: {
    handle(channel: string, listener: (event: IpcMainInvokeEvent, ...input: unknown[]) => Promise<Reply>): void
    removeAllListeners(channel: string): unknown
  }
  handlers: DesktopHandlers
  /** opens what the person dropped */
  openFiles: (paths: readonly string[]) => void
  /** whether these contents belong to one of our windows */
  isOurs: (contents: IpcMainInvokeEvent['sender']) => boolean
  /** names a failure in the log and to the person */
  newReference: () => string
  log: { warn(details: object, message: string): void; error(details: object, message: string): void }
}

/** Registers every channel of the contract, and nothing else. */
export function registerChannels(ports: IpcPorts): void {
  // electron-store answers this one to any page that asks; nobody here does
  ports.ipcMain.removeAllListeners('electron-store-get-data')
  for (const channel of desktopChannels) {
    const handler = ports.handlers[channel] as (input: unknown) => Promise<unknown>
    ports.ipcMain.handle(channel, (event, ...input) => answer({ channel, ...desktopContract[channel], handler }, event, input, ports))
  }
  const dropped = {
    channel: droppedFilesChannel,
    input: droppedPaths,
    output: z.undefined(),
    handler: async (paths: unknown) => {
      ports.openFiles(paths as string[])
      return undefined
    },
  }
  ports.ipcMain.handle(droppedFilesChannel, (event, ...input) => answer(dropped, event, input, ports))
}

const droppedPaths = z
  .array(
    z
      .string()
      .max(4096)
      .refine((path) => isAbsolute(path) && !path.includes('\0'), 'not where a file lies'),
  )
  .min(1, 'none of it is a file on this computer')
  .max(200)

interface Registered {
  channel: string
  input: z.ZodType
  output: z.ZodType
  handler: (input: unknown) => Promise<unknown>
}

async function answer(
  { channel, input: schema, output, handler }: Registered,
  event: IpcMainInvokeEvent,
  input: unknown[],
  ports: IpcPorts,
): Promise<Reply> {
  try {
    const refusal = decideSender(event, ports.isOurs)
    if (refusal) {
      ports.log.warn({ channel, refusal }, 'a message was refused because of its sender')
      throw new AppError('FORBIDDEN', { needed: 'a window of this application' })
    }
    const checked = schema.safeParse(input[0])
    if (!checked.success || input.length > 1) {
      const place = checked.error?.issues[0]
      throw new AppError('INVALID_REQUEST', {
        problem: place ? `${place.path.join('.') || 'input'}: ${place.message}` : 'one input is expected',
      })
    }
    // what leaves is what the schema knows: a field that a service adds by mistake stays here
    return { ok: true, value: output.parse(await handler(checked.data)) as Value }
  } catch (error) {
    if (error instanceof AppError) return { ok: false, error: { ...error.toJSON(), data: { ...error.data } } }
    const reference = ports.newReference()
    ports.log.error({ channel, reference, err: error }, 'a request of the window failed')
    return { ok: false, error: { ...new AppError('INTERNAL', { where: 'the application', reference }).toJSON(), data: { reference } } }
  }
}

export type SenderRefusal = 'no-frame' | 'unknown-window' | 'not-main-frame' | 'other-origin'

/** A frame that has gone, or navigated away since it asked, is null: refused. */
export function decideSender(event: IpcMainInvokeEvent, isOurs: IpcPorts['isOurs']): SenderRefusal | undefined {
  const { sender, senderFrame } = event
  if (!senderFrame) return 'no-frame'
  if (!isOurs(sender)) return 'unknown-window'
  if (senderFrame.parent !== null || senderFrame.frameTreeNodeId !== sender.mainFrame.frameTreeNodeId) return 'not-main-frame'
  if (!isApplicationUrl(senderFrame.url)) return 'other-origin'
  return undefined
}

/** Hands every event of the contract to the windows; a payload that does not fit its schema is dropped. Returns the clean-up. */
export function forwardEvents(ports: {
  subscribe: DesktopSubscribe
  send: (event: string, payload: unknown) => void
  log: IpcPorts['log']
}): () => void {
  const subscriptions = desktopEventNames.map((event) =>
    ports.subscribe(event, (payload) => {
      const checked = desktopEvents[event].safeParse(payload)
      if (checked.success) ports.send(event, checked.data)
      else ports.log.error({ event, problems: checked.error.issues.length }, 'an event was dropped: it does not fit the contract')
    }),
  )
  return () => subscriptions.forEach((unsubscribe) => unsubscribe())
}
