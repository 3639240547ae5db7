/** One running application per user-data folder: the first listens on a socket, a second hands its command line over and leaves. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SecondInstance {
  argv: string[]
  cwd: string
}

/** Exits 0 when a running instance took the message. Node has no synchronous sockets, so a process of its own does it. */
const handOverScript = `const socket = require('node:net').connect(process.argv[1], () => socket.write(process.argv[2] + '\\n'))
socket.on('data', () => process.exit(0)).on('error', () => process.exit(1))
setTimeout(() => process.exit(1), 5000)`

export class SingleInstance {
  #server: Server | undefined
  #path: string | undefined

  /** False: another instance runs and has been told. */
  acquire(userData: string, onSecond: (second: SecondInstance) => void): boolean {
    if (this.#server) return true
    // a name of its own: a socket's path may have some 100 bytes only, a user-data folder's more
    const path = join(tmpdir(), `gatehouse-host-${createHash('sha256').update(userData).digest('hex').slice(0, 16)}.sock`)
    if (existsSync(path)) {
      const message = JSON.stringify({ argv: process.argv, cwd: process.cwd() } satisfies SecondInstance)
      if (spawnSync(process.execPath, ['--eval', handOverScript, path, message]).status === 0) return false
      rmSync(path, { force: true })
    }
    this.#path = path
    this.#server = createServer((socket) => {
      let text = ''
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk) => {
        text += chunk.toString()
        if (!text.endsWith('\n')) return
        socket.end('taken')
        onSecond(JSON.parse(text) as SecondInstance)
      })
    }).listen(path)
    this.#server.unref()
    return true
  }

  release(): void {
    this.#server?.close()
    if (this.#path) rmSync(this.#path, { force: true })
    this.#server = undefined
  }
}
