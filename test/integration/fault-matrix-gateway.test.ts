/**
 * The gateway is killed and started again, for each moment of a call: the client gets one answer or one clear
 * error, the server runs the call at most once, and the recording says what became of it.
 */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { gatewayRounds } from './fault-matrix-cells.ts'
import { expectCells, runRound } from './fault-matrix-round.ts'
import { startWorld, type World } from './fault-matrix-world.ts'

const minutes = 60_000
let world: World

beforeAll(async () => {
  world = await startWorld({ graceSeconds: 20, holdSeconds: 100 })
}, 2 * minutes)
afterAll(() => world.close(), minutes)

describe('one answer or one clear error, at most one execution, everything recorded', () => {
  test.for(gatewayRounds.map((round) => [round.what, round] as const))('%s', { timeout: 4 * minutes }, async ([, round], { expect }) => {
    expectCells(expect, round, await runRound(world, round))
  })
})
