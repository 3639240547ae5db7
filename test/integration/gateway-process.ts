import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { endWithParent } from '../../demo/supervisor/end-with-parent.ts'
import { clientSecret } from './identity-harness.ts'

export interface GatewayProcess {
  readonly pid: number
  /** lines of its log */
  readonly lines: string[]
  kill(signal: NodeJS.Signals): Promise<number | null>
}

/** The gateway as it is run: its own process, its configuration file. Resolves once it serves; rejects with its last words if it ends first. */
export async function startGatewayProcess(
  config: string,
  options: { largestFileKiB?: number; program?: string } = {},
): Promise<GatewayProcess> {
  const command = [process.execPath, ...endWithParent, options.program ?? 'src-cli/gatehouse.ts', 'gateway', '--config', config]
  const limited =
    options.largestFileKiB === undefined ? command : ['bash', '-c', `ulimit -f ${options.largestFileKiB}; exec "$@"`, 'bash', ...command]
  const [program = '', ...args] = limited
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, CLIENT_SECRET: clientSecret, GATEHOUSE_LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const lines: string[] = []
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      if (line.includes('gateway started')) resolve()
    })
  }
  child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}: ${lines.slice(-5).join('\n')}`)))
  await ready
  return {
    pid: child.pid ?? 0,
    lines,
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal)
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}
