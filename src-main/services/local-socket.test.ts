import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isPrivate, runtimeFolders } from '../../src-node/runtime-folder.ts'
import { openLocalSocket, type LocalSocket } from './local-socket.ts'

let folder: string
let logged: string
let opened: LocalSocket[]

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'gatehouse-socket-')), 'run')
  logged = ''
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((socket) => socket.close()))
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

async function open(): Promise<LocalSocket> {
  const socket = await openLocalSocket({
    handle: (_request, response) => void response.end('here'),
    log: pino({ level: 'debug' }, { write: (line: string) => (logged += line) }),
    folder,
  })
  opened.push(socket)
  return socket
}

function ask(entry: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(folder, entry), path: '/' }, (response) => {
      response.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    asked.once('error', reject)
    asked.end()
  })
}
const mode = (path: string) => statSync(path).mode & 0o777

describe('the socket for programs of this user', () => {
  test('is in a folder that nobody else may enter, and nobody else may open it; at the end it is gone', async () => {
    const socket = await open()
    const [entry = ''] = readdirSync(folder)
    expect([mode(folder), mode(join(folder, entry))]).toEqual([0o700, 0o600])
    expect(await ask(entry)).toBe('here')
    await socket.close()
    expect(readdirSync(folder)).toEqual([])
  })
  test('what a killed program left is removed; another program’s is not', async () => {
    await open()
    const [other = ''] = readdirSync(folder)
    // a file is what is left of a socket that nobody listens on any more
    const left = createServer()
    await new Promise<void>((resolve) => left.listen(join(folder, 'left.sock'), resolve))
    await abandon(left)
    writeFileSync(join(folder, 'notes.txt'), '')
    await open()
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([other, 'notes.txt']) as string[])
    expect(readdirSync(folder)).not.toContain('left.sock')
    expect(await ask(other)).toBe('here')
  })
  test.for([0o770, 0o707, 0o755])('is not opened in a folder with the mode %o; everything else goes on', async (open_) => {
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, open_)
    await open()
    expect(readdirSync(folder)).toEqual([])
    expect(logged).toContain('is open to other users')
  })
})

/** Closes a socket and leaves its file, as a program that was killed does. */
async function abandon(server: Server): Promise<void> {
  const path = server.address() as string
  await new Promise((resolve) => server.close(resolve))
  writeFileSync(path, '')
}

describe('where it lies', () => {
  test('as the environment says', () => {
    expect(runtimeFolders({ GATEHOUSE_RUNTIME_DIR: '/chosen', XDG_RUNTIME_DIR: folder })).toEqual(['/chosen'])
  })
  test.runIf(process.platform === 'linux')('in the runtime folder of the session; below the home folder in any case', () => {
    mkdirSync(folder, { recursive: true })
    const folders = runtimeFolders({ XDG_RUNTIME_DIR: folder })
    expect(folders[0]).toBe(join(folder, 'gatehouse'))
    expect(folders.at(-1)).toMatch(/\.gatehouse\/run$/)
    expect(runtimeFolders({ XDG_RUNTIME_DIR: '/no/such/folder' })).toEqual([folders.at(-1)])
  })
  test('what is absent or no folder is not private', () => {
    expect(isPrivate(join(folder, 'absent'))).toBe(false)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'file'), '', { mode: 0o600 })
    expect(isPrivate(join(folder, 'file'))).toBe(false)
  })
})
