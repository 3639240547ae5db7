#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { version } from '../src-protocol/version.ts'
import { systemScheduler } from '../src-node/scheduler.ts'
import { findSocket } from './shim/find-socket.ts'
import { startShim } from './shim/stdio-shim.ts'

const program = new Command('gatehouse-mcp')
  .description(
    'An MCP server on standard input and output, for clients that only start programs: it hands everything to the session that the ' +
      'Gatehouse application, or gatehouse connect, has open to the connection.',
  )
  .version(version)
  .argument('<connection>', 'name of the connection')
  .exitOverride()
  .action(async (connection: string) => {
    const shim = startShim({
      connection,
      input: process.stdin,
      output: process.stdout,
      warn: (text) => void process.stderr.write(`${text}\n`),
      findSocket: () => findSocket(connection),
      scheduler: systemScheduler,
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void shim.close())
    await shim.done
    process.stdin.destroy()
  })

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
