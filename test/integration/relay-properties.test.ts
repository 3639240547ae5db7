/**
 * The whole way, with real sockets and processes and nothing masked: whatever bytes an AI client or an MCP server writes arrive as they were
 * written, or are refused with the code that says what is wrong with them; and the recording has the very bytes.
 */
import { hash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEventParser } from '../../src-node/event-parser.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { jsonSpace, jsonText, type Written } from '../fixtures/json-text.ts'
import type { RawAnswer } from '../fixtures/raw-client.ts'
import { verifiedRecords } from './fault-matrix-world.ts'
import { startParrots, type Asked, type Parrots } from './parrot-harness.ts'

const minutes = 60_000
/** nothing that the tests call is masked */
const masking = `version: 1
rules:
  - { id: other-tool, match: { tools: [other] }, words: [kingfisher], because: What the other tool says about it stays inside. }
`
/** each run is a call through everything */
const runs = { numRuns: Number(process.env['GATEHOUSE_PROPERTY_RUNS'] ?? 60), endOnFailure: true }

let parrots: Parrots
beforeAll(async () => {
  parrots = await startParrots(masking)
}, 2 * minutes)
afterAll(() => parrots?.close(), minutes)

/** Ends the session and returns its recording, once it is verified. */
async function recordsOf(session: string): Promise<SessionRecord[]> {
  await parrots.world.administrator.api.call('endSession', { id: session, reason: 'the test is over' })
  return verifiedRecords(parrots.world, session)
}

const codeOf = ({ text }: RawAnswer): string | undefined => (JSON.parse(text) as { error?: { data?: { code?: string } } }).error?.data?.code
/** on stdio a line break would end the message: between JSON's tokens it becomes a space */
const asLine = (bytes: Buffer) => Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)))
const without = (text: string) => text.replaceAll(/[\r\n]/g, ' ')

/** Every line of the recording is what was sent, byte for byte, and each call has its end. */
function bodiesOf(records: readonly SessionRecord[], direction: 'client' | 'server'): Map<string, string> {
  const bodies = new Map<string, string>()
  for (const record of records) {
    if (!('body' in record) || record.direction !== direction) continue
    expect(record).toMatchObject({ bytes: Buffer.byteLength(record.body), sha256: hash('sha256', record.body, 'hex') })
    bodies.set(record.body, record.kind)
  }
  return bodies
}

let lastId = 0

describe.each(['stdio', 'http'])('over %s', (kind) => {
  test('what a client writes arrives as it was written, or is refused for what is wrong with it', { timeout: 4 * minutes }, async () => {
    const { session, send } = await parrots.open(kind)
    const passed: Buffer[] = []
    const refused: string[] = []
    await fc.assert(
      fc.asyncProperty(jsonText, jsonSpace, async (args: Written, gap: string) => {
        const id = ++lastId
        const text = `${gap}{"jsonrpc":"2.0",${gap}"id":${id},"method":"tools/call","params":{"name":"run","arguments":{"value":${args.text}}${gap}}}${gap}`
        const body = Buffer.from(text)
        const seen: Buffer[] = []
        parrots.serve = (asked) => {
          seen.push(asked.body)
          asked.answer(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`))
        }
        const answer = await send(body)
        if (args.flaws.size > 0) {
          expect(seen).toEqual([])
          expect([...args.flaws]).toContain(codeOf(answer))
          refused.push(codeOf(answer) ?? '')
          return
        }
        expect(answer.text).toBe(`{"jsonrpc":"2.0","id":${id},"result":{}}`)
        expect(seen).toEqual([kind === 'stdio' ? asLine(body) : body])
        passed.push(body)
      }),
      runs,
    )
    const records = await recordsOf(session)
    const bodies = bodiesOf(records, 'client')
    for (const body of passed) expect(bodies.get(body.toString())).toBe('request')
    expect(records.flatMap((record) => (record.kind === 'error' ? [record.code] : []))).toEqual(refused)
  })

  test('what a server answers arrives as it was written, or is withheld', { timeout: 4 * minutes }, async () => {
    const { session, send } = await parrots.open(kind)
    const passed: string[] = []
    let withheld = 0
    await fc.assert(
      fc.asyncProperty(jsonText, jsonSpace, async (value: Written, gap: string) => {
        const id = ++lastId
        const written = `${gap}{"result":${gap}${value.text},${gap}"id":${id},"jsonrpc":"2.0"}${gap}`
        // a server on stdio must not write line breaks
        const text = kind === 'stdio' ? without(written) : written
        parrots.serve = ({ answer }) => answer(Buffer.from(text))
        const answer = await send(Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"run"}}`))
        if (value.flaws.size > 0) {
          expect(codeOf(answer)).toBe('MESSAGE_UNMASKABLE')
          withheld += 1
          return
        }
        expect(answer.text).toBe(text)
        passed.push(text)
      }),
      runs,
    )
    const records = await recordsOf(session)
    const bodies = bodiesOf(records, 'server')
    for (const text of passed) expect(bodies.get(text)).toBe('response')
    expect(records.filter((record) => record.kind === 'error')).toHaveLength(withheld)
  })

  test('of many calls at once each gets its own answer, in whatever order they are answered', { timeout: 4 * minutes }, async () => {
    const { session, send } = await parrots.open(kind)
    const many = 12
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          jsonText.filter(({ flaws }) => flaws.size === 0),
          { minLength: many, maxLength: many },
        ),
        fc.shuffledSubarray([...Array(many).keys()], { minLength: many }),
        async (values, order) => {
          const first = lastId + 1
          lastId += many
          const textOf = (index: number) => without(`{"jsonrpc":"2.0","id":${first + index},"result":${values[index]?.text ?? ''}}`)
          const waiting = new Map<number, Asked>()
          const everybody = Promise.withResolvers<void>()
          parrots.serve = (asked) => {
            waiting.set((JSON.parse(asked.body.toString()) as { id: number }).id - first, asked)
            if (waiting.size === many) everybody.resolve()
          }
          const calls = values.map((_, index) =>
            send(Buffer.from(`{"jsonrpc":"2.0","id":${first + index},"method":"tools/call","params":{"name":"run"}}`)),
          )
          await everybody.promise
          for (const index of order) waiting.get(index)?.answer(Buffer.from(textOf(index)))
          const answers = await Promise.all(calls)
          expect(answers.map(({ text }) => text)).toEqual(values.map((_, index) => textOf(index)))
        },
      ),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 6) },
    )
    await recordsOf(session)
  })
})

test(
  'events of a server arrive as the same events, however they are spelt and wherever the network cut them',
  { timeout: 4 * minutes },
  async () => {
    const { session, send } = await parrots.open('http')
    const good = jsonText.filter(({ flaws }) => flaws.size === 0)
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(good, lineEnd), { maxLength: 4 }),
        good,
        lineEnd,
        fc.array(fc.nat(5000), { maxLength: 10 }),
        async (notes, value, end, cuts) => {
          const id = ++lastId
          const messages = notes.map(([{ text }, br]) => ({
            text: `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${text}}}`,
            br,
          }))
          messages.push({ text: `{"jsonrpc":"2.0","id":${id},"result":${value.text}}`, br: end })
          // a line break between JSON's tokens makes another line of data
          const written = messages
            .map(
              ({ text, br }) =>
                `${text
                  .split(/\r\n|\r|\n/)
                  .map((line) => `data: ${line}`)
                  .join(br)}${br}:${br}${br}`,
            )
            .join('')
          const bytes = Buffer.from(`:${end}${end}${written}`)
          const at = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
          parrots.serve = ({ stream }) => void stream?.(at.slice(1).map((stop, index) => bytes.subarray(at[index], stop)))
          const answer = await send(Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"run"}}`))
          const events: string[] = []
          const parser = createEventParser({
            limit: 1e6,
            onEvent: (_head, data) => void events.push(data.toString()),
            onComment() {},
            onOverlong: () => expect.unreachable(),
          })
          parser.push(Buffer.from(answer.text))
          expect(events).toEqual(messages.map(({ text }) => text.replaceAll(/\r\n|\r/g, '\n')))
        },
      ),
      runs,
    )
    await recordsOf(session)
  },
)

describe('a server that answers what it was not asked', () => {
  const run = (id: number) => Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"run"}}`)
  const event = (id: number | string, text: string) =>
    Buffer.from(`data: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"text":"${text}"}}\n\n`)
  const dataOf = ({ text }: RawAnswer) => text.split('\n').filter((line) => line.startsWith('data: '))

  test('answers twice: the client gets the first answer, the recording has both facts', async () => {
    const { session, send } = await parrots.open('http')
    const id = ++lastId
    parrots.serve = ({ stream }) => void stream?.([event(id, 'first'), event(id, 'second')])
    expect(dataOf(await send(run(id)))).toEqual([`data: {"jsonrpc":"2.0","id":${id},"result":{"text":"first"}}`])
    const records = await recordsOf(session)
    expect(records.slice(-4).map((record) => ('code' in record ? record.code : record.kind))).toEqual([
      'request',
      'response',
      'SERVER_OUTPUT_INVALID',
      'close',
    ])
  })

  test.for([1, 300_000])('answers another call (%i bytes): no rule for the tool of this one lets it pass', async (length) => {
    const { session, send } = await parrots.open('http')
    const id = ++lastId
    const filler = 'x'.repeat(length)
    parrots.serve = ({ stream }) => void stream?.([event('another', `kingfisher ${filler}`), event(id, `kingfisher ${filler}`)])
    const [other, own] = dataOf(await send(run(id)))
    expect(other).toContain(`"[MASKED:other-tool] ${filler}"`)
    expect(own).toContain(`"kingfisher ${filler}"`)
    await recordsOf(session)
  })
})
