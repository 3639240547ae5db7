import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { ManagedProcess } from '../../demo/supervisor/managed-process.ts'
import { startServices } from '../../demo/supervisor/services.ts'
import { readyLineOf, root, rootPid, startNode } from './arm-process.ts'
import type { Target } from './load.ts'
import type { Processes } from './process-cpu.ts'

export interface Arm {
  name: string
  start(folder: string): Promise<RunningArm>
}

export interface RunningArm {
  target: Target
  processes: Processes
  stop(): Promise<void>
}

/** HTTP → ws → ws → stdio with nothing in between. */
export const floorTunnel: Arm = {
  name: 'do-nothing tunnel',
  async start(folder) {
    const program = join(import.meta.dirname, 'floor-tunnel.ts')
    const started: ManagedProcess[] = []
    const part = async (role: string, ...upstream: string[]): Promise<{ url: string; pid: number }> => {
      const managed = startNode(`floor-${role}`, [program, role, ...upstream], folder)
      started.push(managed)
      return { url: String((await readyLineOf(managed))['url']), pid: rootPid(managed) }
    }
    const agent = await part('agent')
    const gateway = await part('gateway', agent.url)
    const desktop = await part('desktop', gateway.url)
    return {
      target: { url: desktop.url, headers: {} },
      processes: { desktop: desktop.pid, gateway: gateway.pid, agent: agent.pid },
      stop: async () => void (await Promise.all(started.map((managed) => managed.stop()))),
    }
  },
}

const rulesInPolicy = 50

/** Everything on: sign-in, 50 rules, masking, recording durable on disk. The desktop's services run as `gatehouse connect`. */
export const fullPath: Arm = {
  name: 'Gatehouse, everything on',
  async start(folder) {
    mkdirSync(folder, { recursive: true })
    const policy = join(folder, 'policy.yaml')
    writeFileSync(policy, benchPolicy())
    const services = await startServices({
      root,
      data: join(folder, 'data'),
      reset: true,
      anyPorts: true,
      progress: () => {},
      policy,
      extraServer: { name: 'echo', title: 'Echo', command: [process.execPath, join(import.meta.dirname, 'echo-server.ts')] },
    })
    const connect = startNode('connect', [join(import.meta.dirname, 'connect-as-operator.ts'), services.gatewayUrl, 'echo'], folder)
    const { url, bearer } = await readyLineOf(connect)
    return {
      target: { url: String(url), headers: { authorization: `Bearer ${String(bearer)}` } },
      processes: { desktop: rootPid(connect), gateway: rootPid(services.processes.gateway), agent: rootPid(services.processes.agent) },
      stop: async () => {
        await connect.stop()
        await services.stop()
      },
    }
  },
}

export function benchPolicy(): string {
  const rules: object[] = Array.from({ length: rulesInPolicy - 1 }, (_, index) => ({
    id: `rule-${index}`,
    match: { connections: [index % 2 ? '*' : `prod-${index}`], tools: [index % 3 ? 'echo' : `tool-${index}`] },
    when: `has(args.text) && args.text == "forbidden ${index}"`,
    effect: 'deny',
    because: 'A rule of the benchmark.',
  }))
  rules.push({ id: 'allow-echo', match: { connections: ['*'], tools: ['echo'] }, effect: 'allow', because: 'The benchmark may echo.' })
  return stringify({ version: 1, rules })
}
