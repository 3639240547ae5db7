import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The processes of an arm by what they are; the MCP server is a child of the agent and found there. */
export interface Processes {
  desktop: number
  gateway: number
  agent: number
}

export const parts = ['load', 'desktop', 'gateway', 'agent', 'server'] as const
export type Part = (typeof parts)[number]
export type CpuTimes = Record<Part, number>

/** User and system time of each process so far, in µs; `load` is this process. Linux only: elsewhere only `load` is a number. */
export function cpuTimes({ desktop, gateway, agent }: Processes): CpuTimes {
  const { user, system } = process.cpuUsage()
  return {
    load: user + system,
    desktop: timeOf(desktop),
    gateway: timeOf(gateway),
    agent: timeOf(agent),
    server: childrenOf(agent).reduce((sum, child) => sum + timeOf(child), 0),
  }
}

export function cpuSpent(before: CpuTimes, after: CpuTimes): CpuTimes {
  const spent = { ...after }
  for (const part of parts) spent[part] -= before[part]
  return spent
}

/** proc_pid_stat(5): the command, which may hold anything, stands in brackets; utime and stime are the 12th and 13th field after it. */
function timeOf(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond()
}

function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return []
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

let ticks: number | undefined
const ticksPerSecond = (): number => (ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })))
