import type { IpcMainInvokeEvent } from 'electron'
import { expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { desktopChannels, droppedFilesChannel, isDesktopChannel } from '../../src-protocol/desktop-channels.ts'
import type { DesktopHandlers } from '../services/desktop.ts'
import { decideSender, forwardEvents, registerChannels } from './ipc-registrar.ts'

type Frame = { url: string; parent: object | null; frameTreeNodeId: number }
const mainFrame: Frame = { url: 'app://gatehouse/#/inbox', parent: null, frameTreeNodeId: 1 }
const ours = { mainFrame }
/** of an event, exactly what the registrar looks at */
const eventFrom = (senderFrame: Frame | null, sender: { mainFrame: Frame } = ours) =>
  ({ sender, senderFrame }) as unknown as IpcMainInvokeEvent

function register(handlers: Partial<DesktopHandlers>, openFiles: (paths: readonly string[]) => void = () => undefined) {
  const listeners = new Map<string, (event: IpcMainInvokeEvent, ...input: unknown[]) => Promise<unknown>>()
  const logged: [level: string, details: object][] = []
  const removed: string[] = []
  registerChannels({
    ipcMain: {
      handle: (channel, listener) => void listeners.set(channel, listener),
      removeAllListeners: (channel) => removed.push(channel),
    },
    handlers: handlers as DesktopHandlers,
    openFiles,
    isOurs: (contents) => (contents as unknown) === ours,
    newReference: () => 'REF',
    log: { warn: (details) => logged.push(['warn', details]), error: (details) => logged.push(['error', details]) },
  })
  const invoke = (channel: string, event: IpcMainInvokeEvent, ...input: unknown[]) => listeners.get(channel)?.(event, ...input)
  return { listeners, logged, removed, invoke }
}

test('every channel of the contract is registered, and no other', () => {
  const { listeners, removed } = register({})
  expect([...listeners.keys()]).toEqual([...desktopChannels, droppedFilesChannel])
  expect(removed).toEqual(['electron-store-get-data'])
})

test('dropped files are opened by where they lie; a page cannot name their channel', async () => {
  const opened: (readonly string[])[] = []
  const { invoke } = register({}, (paths) => opened.push(paths))
  expect(await invoke(droppedFilesChannel, eventFrom(mainFrame), ['/tmp/pack.zip', '/tmp/pack'])).toEqual({ ok: true, value: undefined })
  expect(opened).toEqual([['/tmp/pack.zip', '/tmp/pack']])
  expect(isDesktopChannel(droppedFilesChannel)).toBe(false)
})

test.for([
  ['nothing that lies on a disk', mainFrame, []],
  ['a place that depends on where the application was started', mainFrame, ['pack.zip']],
  ['a name with a zero in it', mainFrame, ['/tmp/a\0.zip']],
  ['an address', mainFrame, ['https://evil.example/pack.zip']],
  ['more than anybody drops', mainFrame, Array.from({ length: 201 }, () => '/tmp/pack.zip')],
  ['no list', mainFrame, '/tmp/pack.zip'],
  ['what another frame says was dropped', { ...mainFrame, url: 'https://gatehouse/' }, ['/tmp/pack.zip']],
] as const)('%s is not opened', async ([, frame, paths]) => {
  const opened: unknown[] = []
  const { invoke } = register({}, (given) => opened.push(given))
  expect(await invoke(droppedFilesChannel, eventFrom(frame), paths)).toMatchObject({ ok: false })
  expect(opened).toEqual([])
})

test('the main frame of our window on our origin is answered', async () => {
  const { invoke } = register({ 'clipboard:write': () => Promise.resolve(undefined) })
  expect(await invoke('clipboard:write', eventFrom(mainFrame), 'text')).toEqual({ ok: true, value: undefined })
})

test.for([
  ['a frame that has gone', eventFrom(null), 'no-frame'],
  ['contents that are not our window', eventFrom(mainFrame, { mainFrame }), 'unknown-window'],
  ['a frame inside the page', eventFrom({ ...mainFrame, parent: mainFrame, frameTreeNodeId: 2 }), 'not-main-frame'],
  ['another top frame', eventFrom({ ...mainFrame, frameTreeNodeId: 2 }), 'not-main-frame'],
  ['another host', eventFrom({ ...mainFrame, url: 'app://gatehouse.evil/' }), 'other-origin'],
  ['another scheme', eventFrom({ ...mainFrame, url: 'https://gatehouse/' }), 'other-origin'],
  ['a file', eventFrom({ ...mainFrame, url: 'file:///app://gatehouse/' }), 'other-origin'],
  ['an empty page', eventFrom({ ...mainFrame, url: 'about:blank' }), 'other-origin'],
  ['no address', eventFrom({ ...mainFrame, url: '' }), 'other-origin'],
] as const)('%s is refused, and no handler runs', async ([, event, refusal]) => {
  let ran = false
  const { invoke, logged } = register({
    'clipboard:write': () => {
      ran = true
      return Promise.resolve(undefined)
    },
  })
  expect(decideSender(event, (contents) => (contents as unknown) === ours)).toBe(refusal)
  expect(await invoke('clipboard:write', event, 'text')).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } })
  expect(ran).toBe(false)
  expect(logged).toEqual([['warn', { channel: 'clipboard:write', refusal }]])
})

test.for([
  ['a wrong type', [7]],
  ['too long a text', ['x'.repeat(100_001)]],
  ['nothing', []],
  ['more than one input', ['text', 'more']],
] as const)('%s is refused before the handler', async ([, input]) => {
  const { invoke } = register({ 'clipboard:write': () => Promise.reject(new Error('must not run')) })
  expect(await invoke('clipboard:write', eventFrom(mainFrame), ...input)).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } })
})

test('a failure of the table crosses with its code, message, remedy and data', async () => {
  const { invoke } = register({ 'agents:list': () => Promise.reject(new AppError('FORBIDDEN', { needed: 'administrator' })) })
  expect(await invoke('agents:list', eventFrom(mainFrame), undefined)).toEqual({
    ok: false,
    error: {
      code: 'FORBIDDEN',
      message: 'Your roles do not allow this: administrator is needed.',
      remedy: 'Ask an administrator for the role.',
      data: { needed: 'administrator' },
    },
  })
})

test('any other failure stays in the log, and the page gets its reference', async () => {
  const { invoke, logged } = register({ 'agents:list': () => Promise.reject(new Error('password=hunter2 at /home/x')) })
  const reply = await invoke('agents:list', eventFrom(mainFrame), undefined)
  expect(reply).toMatchObject({ ok: false, error: { code: 'INTERNAL', data: { reference: 'REF' } } })
  expect(JSON.stringify(reply)).not.toContain('hunter2')
  expect(logged).toMatchObject([['error', { channel: 'agents:list', reference: 'REF' }]])
})

test('an answer that does not fit the contract does not leave', async () => {
  const { invoke } = register({ 'agents:list': () => Promise.resolve([{ secret: 1 }] as never) })
  expect(await invoke('agents:list', eventFrom(mainFrame), undefined)).toMatchObject({ ok: false, error: { code: 'INTERNAL' } })
})

test('fields that the contract does not know stay behind', async () => {
  const token = { joinToken: 'j', expiresAt: 'e', internal: 'secret' }
  const { invoke } = register({ 'agents:create-join-token': () => Promise.resolve(token) })
  expect(await invoke('agents:create-join-token', eventFrom(mainFrame), { name: 'a' })).toEqual({
    ok: true,
    value: { joinToken: 'j', expiresAt: 'e' },
  })
})

test('events are checked, forwarded, and end with the clean-up', () => {
  const listeners = new Map<string, (payload: never) => void>()
  const sent: unknown[] = []
  const logged: object[] = []
  const stop = forwardEvents({
    subscribe: (event, listener) => {
      listeners.set(event, listener)
      return () => listeners.delete(event)
    },
    send: (event, payload) => sent.push([event, payload]),
    log: { warn: () => undefined, error: (details) => logged.push(details) },
  })
  const emit = (event: string, payload: unknown) => listeners.get(event)?.(payload as never)
  emit('navigate:requested', { to: '/inbox/apr_1', extra: 'x' })
  emit('navigate:requested', { to: 'https://example.com/' })
  expect(sent).toEqual([['navigate:requested', { to: '/inbox/apr_1' }]])
  expect(logged).toEqual([{ event: 'navigate:requested', problems: 1 }])
  stop()
  expect(listeners.size).toBe(0)
})
