import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import { processGone } from '../fixtures/process-gone.ts'
import { descendantsOf } from '../fixtures/process-tree.ts'
import { endWithParent } from '../../demo/supervisor/end-with-parent.ts'

const patience = { timeout: 30_000, interval: 100 }

let host: ChildProcess | undefined
let started: number[] = []

afterEach(() => {
  for (const pid of [host?.pid ?? 0, ...started]) {
    try {
      if (pid > 0) process.kill(pid, 'SIGKILL')
    } catch {
      // it is gone, as it should be
    }
  }
})

async function startHost(): Promise<{ child: ChildProcess; server: number; grandchild: number; guardian: number }> {
  const child = spawn(process.execPath, [...endWithParent, join(import.meta.dirname, '../fixtures/child-server-host.ts')], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  host = child
  if (!child.stdout) throw new Error('it has no output')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { server, grandchild } = JSON.parse(line) as { server: number; grandchild: number }
  const all = descendantsOf(child.pid ?? 0)
  started = all
  expect(all).toEqual(expect.arrayContaining([server, grandchild]))
  const [guardian = 0, ...more] = all.filter((pid) => pid !== server && pid !== grandchild)
  expect(more).toEqual([])
  return { child, server, grandchild, guardian }
}

const left = (pids: number[]) => () => pids.filter((pid) => !processGone(pid))

describe('a server that ignores the end of its input and SIGTERM', () => {
  test('does not outlive an agent that was killed, nor does what it started, nor who ended it', async () => {
    const { child, server, grandchild, guardian } = await startHost()
    child.kill('SIGKILL')
    await once(child, 'exit')
    // it was the agent's death alone that did it
    expect(processGone(server)).toBe(false)
    await expect.poll(left([server, grandchild, guardian]), patience).toEqual([])
  })

  test('is ended by the agent itself when that stops, and nobody is left', async () => {
    const { child, server, grandchild, guardian } = await startHost()
    child.kill('SIGTERM')
    await once(child, 'exit')
    await expect.poll(left([server, grandchild, guardian]), patience).toEqual([])
  })

  test('is watched again when its guardian was killed', async () => {
    const { child, server, grandchild, guardian } = await startHost()
    // one that fails at once is not started again and again
    await new Promise((resolve) => setTimeout(resolve, 1500))
    process.kill(guardian, 'SIGKILL')
    await expect
      .poll(() => descendantsOf(child.pid ?? 0).filter((pid) => ![server, grandchild, guardian].includes(pid)), patience)
      .toHaveLength(1)
    child.kill('SIGKILL')
    await expect.poll(left([server, grandchild]), patience).toEqual([])
  })

  test('signals for the agent\u2019s terminal or service do not reach the guardian', async () => {
    const { child, server, grandchild, guardian } = await startHost()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(guardian, signal)
    child.kill('SIGKILL')
    await expect.poll(left([server, grandchild, guardian]), patience).toEqual([])
  })
})
