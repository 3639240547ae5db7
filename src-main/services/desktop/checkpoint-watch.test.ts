import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { base64Of } from '../../../src-core/log/base64.ts'
import { signCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { rootOf } from '../../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../../src-core/log/merkle-hash.ts'
import { consistencyProof } from '../../../src-core/log/merkle-proof.ts'
import { fixtureKey, fixtureOrigin, fixtureVerifierKey } from '../../../src-core/recording/sealed-recording.fixture.ts'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { GatewayApi } from '../gateway-api.ts'
import { openInlineLibrary } from '../library/inline-library.fixture.ts'
import { createCheckpointWatch, type CheckpointWatch } from './checkpoint-watch.ts'

const gatewayUrl = 'https://gate.example'
const minute = 60_000
const leaves = (size: number) => Array.from({ length: size }, (_, at) => leafHash(Buffer.from(`entry ${at}`)))
const noteOf = (size: number) => signCheckpoint({ origin: fixtureOrigin, size, root: rootOf(leaves(size)) }, fixtureKey(1))

let minutes: number
let size: number
/** what the gateway says when it is asked whether its log continues what was seen */
let refusal: AppError | undefined
let watch: CheckpointWatch

beforeEach(async () => {
  minutes = 0
  size = 3
  refusal = undefined
  const call = (async (name: string, range: { from: number; to: number }) => {
    if (name === 'logCheckpoint') return { note: noteOf(size), key: fixtureVerifierKey }
    if (refusal) throw refusal
    return { hashes: consistencyProof(leaves(range.to), range.from).map(base64Of) }
  }) as unknown as GatewayApi['call']
  const { library } = openInlineLibrary()
  const elapsed = () => minutes * minute
  watch = createCheckpointWatch({ gatewayUrl, api: { call }, library, log: pino({ level: 'silent' }), onChange: () => undefined, elapsed })
  await watch.refresh()
})
/** The gateway goes on to log, and is looked at now and then. */
const goOn = async (times: number, everyMinutes: number) => {
  for (let time = 0; time < times; time += 1) {
    size += 1
    minutes += everyMinutes
    await watch.refresh()
  }
}

test.for([
  ['fails', new AppError('INTERNAL', { where: 'the gateway', reference: 'x' })],
  ['does not answer', new AppError('GATEWAY_UNREACHABLE', { gateway: gatewayUrl })],
] as const)('a gateway that shows new checkpoints and %s when it is to prove them is an alarm, until it does', async ([, error]) => {
  refusal = error
  await goOn(2, 2)
  expect(watch.alarm).toBeUndefined()
  await goOn(5, 2)
  expect(watch.alarm).toMatch(/more than 10 minutes .* not been shown that .* continues/)
  expect(watch.pinned?.size).toBe(3)
  refusal = undefined
  await goOn(1, 2)
  expect([watch.alarm, watch.pinned?.size]).toEqual([undefined, 11])
})

test('one failure, and a computer that slept, are none', async () => {
  refusal = new AppError('INTERNAL', { where: 'the gateway', reference: 'x' })
  await goOn(1, 1)
  minutes += 600
  await goOn(1, 1)
  expect(watch.alarm).toBeUndefined()
})
