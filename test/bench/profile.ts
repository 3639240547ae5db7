import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { z } from 'zod'

/** Where a process listens for its inspector once it got SIGUSR1. All processes choose the same port, so they are profiled in turn. */
const inspector = 'http://127.0.0.1:9229'

/** A CPU profile of a running process during `work`, for Chrome's or an editor's viewer. It costs the process, so nothing is measured meanwhile. */
export async function writeProfile(pid: number, folder: string, name: string, work: () => Promise<unknown>): Promise<void> {
  mkdirSync(folder, { recursive: true })
  process.kill(pid, 'SIGUSR1')
  const session = await openSession(await debuggerUrl())
  try {
    await session.send('Profiler.enable')
    await session.send('Profiler.setSamplingInterval', { interval: 250 })
    await session.send('Profiler.start')
    await work()
    const { profile } = z.object({ profile: z.unknown() }).parse(await session.send('Profiler.stop'))
    writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile))
  } finally {
    // gives the port back to the next process
    await session.send('Runtime.evaluate', { expression: 'setTimeout(() => process._debugEnd(), 50)' })
    session.close()
    await sleep(300)
  }
}

async function debuggerUrl(): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    try {
      const targets = await (await fetch(`${inspector}/json/list`)).json()
      return z
        .array(z.object({ webSocketDebuggerUrl: z.string() }))
        .min(1)
        .parse(targets)[0]!.webSocketDebuggerUrl
    } catch (error) {
      if (tries === 50) throw error
      await sleep(50)
    }
  }
}

interface InspectorSession {
  send(method: string, params?: object): Promise<unknown>
  close(): void
}

async function openSession(url: string): Promise<InspectorSession> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 512 * 1024 * 1024 })
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: unknown) => void }>()
  let last = 0
  socket.on('message', (data: Buffer) => {
    const { id, result, error } = z
      .object({ id: z.number().optional(), result: z.unknown().optional(), error: z.unknown().optional() })
      .parse(JSON.parse(data.toString('utf8')))
    if (id === undefined) return
    if (error === undefined) waiting.get(id)?.resolve(result)
    else waiting.get(id)?.reject(new Error(JSON.stringify(error)))
    waiting.delete(id)
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return {
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        last += 1
        waiting.set(last, { resolve, reject })
        socket.send(JSON.stringify({ id: last, method, params }))
      }),
    close: () => socket.close(),
  }
}
