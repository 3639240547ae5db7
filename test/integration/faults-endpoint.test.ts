/** What reaches the local endpoint and must not reach anything else: through the whole chain, with recordings as the witness. */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { Session } from '../../src-protocol/model.ts'
import {
  codeOf,
  initialize,
  post,
  postLarge,
  rpcOf,
  toolCall,
  type Access,
  type RawAnswer,
  type RawSession,
} from '../fixtures/raw-client.ts'
import { kindsOf, readRecords } from '../fixtures/read-records.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

/** The fixture server ends itself when this arrives: whoever got it through would be noticed. */
const crash = toolCall('crash')

let chain: WholeChain
let operator: Desktop
let session: Session
let access: Access
let client: RawSession

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
})
afterAll(() => chain.close())

beforeEach(async () => {
  ;({ session, access } = await open())
  client = await initialize(access)
})
afterEach(async () => {
  await operator.handlers['sessions:end'](session.id)
})

/** The server is still alive, so nothing of what was refused reached it, and what is not refused does. */
async function expectUntouched(): Promise<void> {
  expect(rpcOf(await client.call('echo', { still: 'here' })).result?.content?.[0]?.text).toBe('{"still":"here"}')
}

async function open(desktop = operator): Promise<{ session: Session; access: Access }> {
  const opened = await desktop.handlers['sessions:open']({ connection: 'fixture', reason: 'A test', minutes: 5 })
  return { session: opened, access: await desktop.handlers['sessions:client-setup'](opened.id) }
}

const records = () => readRecords(join(chain.folder, 'recordings'), session.id)

describe('somebody else on this computer', () => {
  test.for<[string, () => Promise<RawAnswer>, number, string]>([
    ['without the secret', () => post(access, crash, { authorization: '' }), 401, 'LOCAL_TOKEN_INVALID'],
    ['with a wrong secret', () => post({ ...access, bearer: 'A'.repeat(43) }, crash), 401, 'LOCAL_TOKEN_INVALID'],
    ['with the beginning of the secret', () => post({ ...access, bearer: access.bearer.slice(0, -1) }, crash), 401, 'LOCAL_TOKEN_INVALID'],
    ['with the name of another host', () => post(access, crash, { host: 'rebound.example' }), 403, 'LOCAL_HOST_REFUSED'],
    ['from a web page', () => post(access, crash, { origin: 'https://evil.example' }), 403, 'LOCAL_ORIGIN_REFUSED'],
    ['from a sandboxed web page', () => post(access, crash, { origin: 'null' }), 403, 'LOCAL_ORIGIN_REFUSED'],
  ])('%s is refused before anything is opened', async ([, attempt, status, code]) => {
    const before = records().length
    const answer = await attempt()
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status, code })
    expect(records()).toHaveLength(before)
    await expectUntouched()
  })

  test('with the secret of a session that has ended learns that it has', async () => {
    const earlier = await open()
    await operator.handlers['sessions:end'](earlier.session.id)
    const answer = await post(earlier.access, crash)
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 410, code: 'SESSION_ENDED' })
    const ended = readRecords(join(chain.folder, 'recordings'), earlier.session.id)
    expect(kindsOf(ended)).toEqual(['open', 'close'])
    await expectUntouched()
  })
})

describe('a message that is not one JSON-RPC message', () => {
  test.for([
    ['cut off', crash.slice(0, -1), 'MESSAGE_NOT_JSON'],
    ['not JSON-RPC', crash.replace('"jsonrpc":"2.0",', ''), 'MESSAGE_NOT_JSONRPC'],
    ['a batch', `[${crash}]`, 'MESSAGE_BATCH'],
    ['a key twice', crash.replace('"method"', '"method":"ping","method"'), 'MESSAGE_DUPLICATE_KEY'],
    ['a key twice in the arguments', toolCall('crash').replace('{}', '{"a":1,"a":2}'), 'MESSAGE_DUPLICATE_KEY'],
    ['a key twice, once escaped', toolCall('crash').replace('{}', String.raw`{"a":1,"\u0061":2}`), 'MESSAGE_DUPLICATE_KEY'],
    ['a number that loses digits', toolCall('crash').replace('{}', '{"n":9007199254740993}'), 'MESSAGE_NUMBER_UNSAFE'],
  ] as const)('%s: refused, and recorded as refused', async ([, body, code]) => {
    const before = records().length
    const answer = await post(access, body)
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 400, code })
    const written = records().slice(before)
    expect(kindsOf(written)).toEqual([`error ${code}`, 'response'])
    expect(written[0]).toMatchObject({ refusedBytes: Buffer.byteLength(body) })
    await expectUntouched()
  })

  test.for(['with its length', 'in chunks'] as const)('65 MB %s: refused by this computer, and nothing of it travels', async (how) => {
    const before = records().length
    const answer = await postLarge(access, 65 * 1024 * 1024, how)
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 413, code: 'BODY_TOO_LARGE' })
    expect(records()).toHaveLength(before)
    await expectUntouched()
  })
})
