import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { agentConfig } from '../src-protocol/config.ts'
import { systemClock } from '../src-node/clock.ts'
import { startAgent } from './agent.ts'

test.for([
  ['answers nothing', () => {}],
  ['stops in the middle of its answer', (answer: { write(text: string): void }) => answer.write('{"agent":')],
] as const)('whoever stops the agent does not wait for a gateway that %s', async ([, answer]) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-enrolment-'))
  const asked = Promise.withResolvers<void>()
  const server = createServer((_request, response) => {
    response.flushHeaders()
    answer(response)
    asked.resolve()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = new AbortController()
  const starting = startAgent({
    config: agentConfig.parse({
      gateway: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      data: 'data',
      joinToken: 'env:JOIN',
      servers: [{ name: 'x', title: 'X', command: ['x'] }],
    }),
    folder,
    env: { JOIN: 'join_once' },
    log: pino({ level: 'silent' }),
    clock: systemClock,
    signal: stop.signal,
  })
  const outcome = starting.then(() => 'started', String)
  await asked.promise
  const before = Date.now()
  stop.abort()
  expect(await outcome).toContain('cannot be reached')
  // it would be given up after 30 seconds
  expect(Date.now() - before).toBeLessThan(20_000)
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})
