/**
 * Many calls at once, small and large, while the networks break, stall and lie at moments that nobody chose: every call is answered once with
 * its own bytes, every call is executed once, and the recording has all of it.
 */
import { createHash, randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FaultyLink } from '../fixtures/labelled-proxy.ts'
import { verifiedRecords } from './fault-matrix-world.ts'
import { startParrots, type Parrots } from './parrot-harness.ts'

const minutes = 60_000
const faults = Number(process.env['GATEHOUSE_CHAOS_FAULTS'] ?? 12)
const callers = 6
const sizes = [10, 1000, 70_000, 300_000, 1_500_000]

let parrots: Parrots
beforeAll(async () => {
  parrots = await startParrots('version: 1\nrules: []\n')
}, 2 * minutes)
afterAll(() => parrots?.close(), minutes)

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
/** text that no two calls share, so that nothing can take another's place */
const textOf = (id: number, size: number) =>
  createHash('sha256')
    .update(String(id))
    .digest('hex')
    .repeat(Math.ceil(size / 64))
    .slice(0, size)

async function disturb(link: FaultyLink): Promise<void> {
  await pause(randomInt(10, 250))
  const chosen = randomInt(3)
  if (chosen === 0) link.cut()
  else link.stall(chosen === 1 ? 'from-client' : 'from-server')
  await pause(randomInt(1, 200))
  // what was stalled may never come: the connection breaks with bytes on their way
  if (randomInt(2) === 0) link.cut()
  link.heal()
}

test.for(['stdio', 'http'])(`over %s, ${faults} faults`, { timeout: 4 * minutes }, async (kind) => {
  const { session, send } = await parrots.open(kind)
  const executed: number[] = []
  parrots.serve = ({ body, answer }) => {
    const { id, params } = JSON.parse(body.toString()) as { id: number; params: { arguments: { text: string; size: number } } }
    const { text, size } = params.arguments
    // the bytes have arrived as they were sent
    executed.push(text === textOf(id, text.length) ? id : -id)
    setTimeout(() => answer(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result: { text: textOf(-id, size) } }))), randomInt(100))
  }
  const over = new AbortController()
  let lastId = 0
  const answered: number[] = []
  const wrong: string[] = []
  const loops = Array.from({ length: callers }, async () => {
    while (!over.signal.aborted && wrong.length === 0) {
      const id = ++lastId
      const [asks = 0, gets = 0] = [sizes[randomInt(sizes.length)], sizes[randomInt(sizes.length)]]
      const params = { name: 'run', arguments: { text: textOf(id, asks), size: gets } }
      const { text } = await send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })))
      if (text === JSON.stringify({ jsonrpc: '2.0', id, result: { text: textOf(-id, gets) } })) answered.push(id)
      else wrong.push(`${id}: ${text.slice(0, 300)}`)
    }
  })
  // until enough calls went through enough of them, however slow the machine is
  const enough = callers * 2
  for (let count = 0; count < faults || (answered.length < enough && wrong.length === 0); count += 1)
    await disturb(parrots.links[randomInt(parrots.links.length)]!)
  over.abort()
  await Promise.all(loops)

  expect(wrong).toEqual([])
  const all = Array.from({ length: lastId }, (_, index) => index + 1)
  expect(answered.toSorted((a, b) => a - b)).toEqual(all)
  expect(executed.toSorted((a, b) => a - b)).toEqual(all)
  await parrots.world.administrator.api.call('endSession', { id: session, reason: 'the test is over' })
  const records = await verifiedRecords(parrots.world, session)
  const recorded = (which: string) =>
    records.flatMap((record) => (record.kind === which && 'id' in record && record.id !== 0 ? [record.id] : []))
  for (const which of ['request', 'response']) expect(recorded(which).toSorted((a, b) => Number(a) - Number(b))).toEqual(all)
})
