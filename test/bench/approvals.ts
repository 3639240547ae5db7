/** How long a held call takes to reach the reviewer's screen, and from the vote to the server. P9. Every part is a process of its own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import { startServices } from '../../demo/supervisor/services.ts'
import { readyLineOf, root, startNode } from './arm-process.ts'
import type { Figures } from './bars.ts'
import { machineTime } from './clock.ts'
import { openSession } from './load.ts'
import { quantile } from './statistics.ts'

export interface ApprovalTimes {
  /** ms from the client's request to the notifier */
  shown: number[]
  /** ms from the vote to the call's arrival at the server */
  forwarded: number[]
}

const samples = 100
const warmUp = 20

export async function measureApprovals(folder: string): Promise<ApprovalTimes> {
  mkdirSync(folder, { recursive: true })
  const policy = join(folder, 'policy.yaml')
  writeFileSync(policy, stringify(reviewPolicy))
  const command = [process.execPath, join(import.meta.dirname, 'held-server.ts')]
  const services = await startServices({
    root,
    data: join(folder, 'data'),
    reset: true,
    anyPorts: true,
    progress: () => {},
    policy,
    // one person asks for all of them
    limits: { approvalRequests: 1000 },
    extraServer: { name: 'held', title: 'Held', command },
  })
  const reviewer = startNode(
    'reviewer',
    [join(import.meta.dirname, 'reviewing-desktop.ts'), services.gatewayUrl, join(folder, 'reviewer')],
    folder,
  )
  const connect = startNode('connect', [join(import.meta.dirname, 'connect-as-operator.ts'), services.gatewayUrl, 'held'], folder)
  try {
    const { url, bearer } = await readyLineOf(connect)
    await readyLineOf(reviewer)
    const reviews = linesOf(reviewer.process.stdout)
    const session = await openSession({ url: String(url), headers: { authorization: `Bearer ${String(bearer)}` } })
    const times: ApprovalTimes = { shown: [], forwarded: [] }
    for (let number = 0; number < warmUp + samples; number += 1) {
      const sent = machineTime()
      const answered = session.call('arrive', { number })
      const unasked = answered.then((answer) => Promise.reject(new Error(`the call was answered before anybody was asked: ${answer}`)))
      const { shown, voted } = await Promise.race([reviews.next(), unasked])
      const arrived = Number(/"text":"([\d.]+)"/.exec(await answered)?.[1])
      if (Number.isNaN(arrived)) throw new Error(`the held call was not answered: ${await answered}`)
      if (number < warmUp) continue
      times.shown.push(shown - sent)
      times.forwarded.push(arrived - voted)
    }
    session.close()
    return times
  } finally {
    await connect.stop()
    await reviewer.stop()
    await services.stop()
  }
}

export const approvalFigures = ({ shown, forwarded }: ApprovalTimes): Figures => ({
  'p9-shown': { value: quantile(shown, 0.95) },
  'p9-forwarded': { value: quantile(forwarded, 0.95) },
})

const reviewPolicy = {
  version: 1,
  rules: [
    {
      id: 'held',
      match: { connections: ['held'], tools: ['arrive'] },
      effect: 'review',
      review: { groups: ['dba', 'reviewers'], approvals: 1, decideWithin: '5m', runWithin: '5m', reasonRequired: false },
      because: 'The benchmark measures how long a review takes.',
    },
  ],
}

interface Review {
  shown: number
  voted: number
}

/** Lines as they come; a line that was there first is handed out first. */
function linesOf(stream: NodeJS.ReadableStream | null): { next(): Promise<Review> } {
  if (!stream) throw new Error('it has no output to read')
  const seen: Review[] = []
  const waiting: ((line: Review) => void)[] = []
  createInterface({ input: stream }).on('line', (text) => {
    const line = JSON.parse(text) as Partial<Review> & { error?: string }
    if (line.error !== undefined) throw new Error(line.error)
    if (line.shown === undefined || line.voted === undefined) return
    const review = { shown: line.shown, voted: line.voted }
    const next = waiting.shift()
    if (next) next(review)
    else seen.push(review)
  })
  return {
    next: () => {
      const first = seen.shift()
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve))
    },
  }
}
