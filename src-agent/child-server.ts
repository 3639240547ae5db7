import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { largestMessageBytes, type StdioServer } from '../src-protocol/config.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { corkForTick } from '../src-node/cork-for-tick.ts'
import type { Logger } from '../src-node/logger.ts'
import type { Scheduler } from '../src-node/scheduler.ts'
import { serverEnvironment } from './server-environment.ts'
import { createLineSplitter } from '../src-node/line-splitter.ts'
import type { TopLevelScan } from '../src-node/top-level-scan.ts'
import { scanMessage } from './message-facts.ts'
import { endGroup, ownGroup } from './process-group.ts'
import { processGuardian, type ProcessGuardian } from './process-guardian.ts'
import { createErrorTail } from './error-tail.ts'

export interface ChildServerEvents {
  onStarted(): void
  /** one line of its standard output, a view on a read buffer; false: it is not JSON-RPC. `scan`: of a large line, to spare parsing it */
  onLine(line: Buffer, scan?: TopLevelScan): boolean
  /** a message above the limit was dropped: whoever waits for it must be told */
  onTooLarge(scan: TopLevelScan, bytes: { bytes: number; limit: number }): void
  /** it could not be started, stopped by itself, or was stopped for what it wrote; not after `stop` */
  onStopped(error: AppError): void
}

export interface ChildServerOptions extends ChildServerEvents {
  server: StdioServer
  /** base of relative paths in the configuration */
  folder: string
  env: NodeJS.ProcessEnv
  log: Logger
  scheduler: Scheduler
  /** `undefined` while the way to the gateway has room, else when it has some again */
  room(): Promise<void> | undefined
  lineLimit?: number
  graceMs?: number
  guardian?: ProcessGuardian
}

export interface ChildServer {
  readonly pid: number | undefined
  /** one message; the line end is added */
  writeLine(line: Uint8Array): void
  /** stops it for a failure that the agent noticed; `onStopped` is told */
  fail(error: AppError): void
  /** resolves when the whole process group is gone */
  stop(): Promise<void>
}

const lineEnd = Buffer.from('\n')
/** two of the largest messages */
const inputLimit = largestMessageBytes * 2
/** above it, parsing a message at once would hold up the agent's other sessions */
const scannedFrom = 256 * 1024
/** so many lines in a row that are not JSON-RPC are no stray output: it is not an MCP server, or it talks to somebody else */
const invalidLinesInARow = 1000
const defaultGraceMs = 3000

/** @throws AppError SECRET_UNAVAILABLE */
export function startChildServer(options: ChildServerOptions): ChildServer {
  const { server, log, scheduler } = options
  const environment = serverEnvironment(server, options)
  const [command, ...args] = server.command as [string, ...string[]]
  const child = spawn(command, args, {
    cwd: server.cwd === undefined ? options.folder : resolve(options.folder, server.cwd),
    env: environment.variables,
    detached: ownGroup,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const release = child.pid === undefined ? () => {} : (options.guardian ?? processGuardian).watch(child.pid, log)
  const errors = createErrorTail(environment.secrets)
  let over = false
  let ending: Promise<void> | undefined
  let invalidInARow = 0
  let invalidTotal = 0

  const end = () => {
    child.stdin.end()
    ending ??=
      child.pid === undefined
        ? Promise.resolve()
        : endGroup(child.pid, { graceMs: options.graceMs ?? defaultGraceMs, scheduler }).then(release)
    return ending
  }
  const fail = (error: AppError) => {
    if (over) return
    over = true
    log.error({ server: server.name, pid: child.pid, code: error.code, data: error.data, stderr: errors.text() }, 'MCP server stopped')
    void end()
    options.onStopped(error)
  }
  const stopped = (problem: string) => fail(new AppError('SERVER_STOPPED', { server: server.name, problem }))

  const limit = options.lineLimit ?? largestMessageBytes
  const splitter = createLineSplitter({
    limit,
    scanFrom: Math.min(limit, scannedFrom),
    createScan: scanMessage,
    onLine(line, scan) {
      if (over) return
      if (options.onLine(line, scan)) {
        invalidInARow = 0
        return
      }
      invalidInARow += 1
      invalidTotal += 1
      // the line itself may hold anything, so it is counted and not logged
      if (isPowerOfTen(invalidTotal))
        log.warn({ server: server.name, pid: child.pid, lines: invalidTotal }, 'output is not JSON-RPC: dropped')
      if (invalidInARow >= invalidLinesInARow) fail(new AppError('SERVER_OUTPUT_INVALID', { server: server.name }))
    },
    onOverlong(bytes, scan, endless) {
      if (over) return
      if (endless || !scan?.complete) return stopped('it wrote a message above the size limit')
      log.warn({ server: server.name, pid: child.pid, bytes, limit }, 'message above the size limit: dropped')
      options.onTooLarge(scan, { bytes, limit })
    },
  })

  child.once('spawn', () => {
    log.info({ server: server.name, pid: child.pid }, 'MCP server started')
    options.onStarted()
  })
  child.once('error', (cause: NodeJS.ErrnoException) => {
    // the operating system's code only: the command may carry what the gateway must not learn
    fail(new AppError('SERVER_START_FAILED', { server: server.name, problem: cause.code ?? 'unknown' }, { cause }))
  })
  child.once('exit', (code, signal) => {
    const how = signal ? `signal ${signal}` : `exit code ${code}`
    const report = () => stopped(how)
    // its last answers may still be in the pipe; a process that it left behind may keep the pipe open for ever
    const cancel = scheduler.after(1000, report)
    child.once('close', () => {
      cancel()
      report()
    })
    void end()
  })
  // one that lives on without an output can never answer; of one that ends, the exit tells more
  child.stdout.once('end', () => {
    const cancel = scheduler.after(1000, () => stopped('it closed its standard output'))
    child.once('exit', cancel)
  })
  child.stdout.on('data', (chunk: Buffer) => {
    splitter.push(chunk)
    const room = options.room()
    if (room === undefined) return
    child.stdout.pause()
    void room.then(() => child.stdout.resume())
  })
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  // a broken pipe is followed by the exit, which tells
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on('error', () => {})

  return {
    pid: child.pid,
    writeLine(line) {
      if (over) return
      // what one read of the link brings goes to the server in one write
      corkForTick(child.stdin)
      child.stdin.write(line)
      child.stdin.write(lineEnd)
      if (child.stdin.writableLength > inputLimit) stopped('it does not read its input')
    },
    fail,
    stop() {
      over = true
      return end()
    },
  }
}

const isPowerOfTen = (count: number): boolean => /^10*$/.test(String(count))
