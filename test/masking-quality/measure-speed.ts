/**
 * `node test/masking-quality/measure-speed.ts`: what masking costs, in time of a core: what else the machine does, does not count.
 * Typical and dense: results of 100 KB with every detector. Hostile: 1 MB strings made to be slow, for each detector alone.
 * The numbers stand in docs/masking.md.
 */
import { detectors, type DetectorName } from '../../src-core/masking/detectors.ts'
import { maskMessage, maskText } from '../../src-core/masking/mask-message.ts'
import { denseResult, hostileParts, maskingWith, typicalResult } from './speed-samples.ts'

const names = Object.keys(detectors) as DetectorName[]
const target = { connection: 'any' }

function milliseconds(run: () => void, rounds: number): number[] {
  const times = Array.from({ length: rounds }, () => {
    const before = process.threadCpuUsage()
    run()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  return times.toSorted((a, b) => a - b)
}

const everything = maskingWith(names)
for (const [name, message] of [
  ['typical', typicalResult(100_000)],
  ['dense', denseResult(100_000)],
] as const) {
  const times = milliseconds(() => maskMessage(everything, message, target), 200)
  console.log(`100 KB, ${name}, all detectors: median ${times[100]?.toFixed(1)} ms, 95 % below ${times[190]?.toFixed(1)} ms`)
}

for (const name of names) {
  const masking = maskingWith([name])
  let slowest = ''
  let slowestAlone = 0
  let slowestWhole = 0
  for (const part of hostileParts) {
    const text = part.repeat(Math.ceil(1_000_000 / part.length)).slice(0, 1_000_000)
    const [alone = 0] = milliseconds(() => detectors[name](text, () => {}), 3)
    const [whole = 0] = milliseconds(() => maskText(masking, text, target), 2)
    if (alone > slowestAlone) [slowest, slowestAlone] = [part, alone]
    slowestWhole = Math.max(slowestWhole, whole)
  }
  console.log(
    `1 MB, hostile, ${name}: ${slowestAlone.toFixed(0)} ms (${JSON.stringify(slowest)}); with normalisation ${slowestWhole.toFixed(0)} ms`,
  )
}
