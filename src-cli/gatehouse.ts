#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { giveBackAtRest } from '../src-node/rest-memory.ts'
import { keepStartMemorySmall } from '../src-node/start-memory.ts'
import { systemScheduler } from '../src-node/scheduler.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { version } from '../src-protocol/version.ts'
import { evidenceCommand } from './commands/evidence-command.ts'
import { logCommand } from './commands/log-command.ts'
import { policyCommand } from './commands/policy-command.ts'
import { trustCommand } from './commands/trust-command.ts'
import { verifyCommand } from './commands/verify.ts'

/** Bad usage, and whatever kept the program from starting its work. */
const exitUnusable = 2

let exitCode = 0
const finish = (code: number): void => {
  exitCode = code
}

const program = new Command('gatehouse')
  .description('Reach MCP servers only through a gateway that signs people in, holds risky calls, masks sensitive data and keeps evidence.')
  .version(version, '--version', 'print the version')
  .exitOverride()

// The services are loaded when they are asked for: `verify` has to work, and quickly, where nothing else is set up.
program
  .command('gateway')
  .summary('run the gateway')
  .description('Runs the gateway until it is interrupted.')
  .requiredOption('--config <file>', 'configuration (YAML)')
  .action(async ({ config }: { config: string }) => {
    const started = keepStartMemorySmall(systemScheduler)
    const { runGateway } = await import('./commands/gateway.ts')
    const settled = () => {
      const stops = [started(), giveBackAtRest(systemScheduler)]
      return () => {
        for (const stop of stops) stop()
      }
    }
    await runGateway({ config, started: settled })
  })

program
  .command('agent')
  .summary('run an agent beside MCP servers')
  .description('Runs an agent until it is interrupted. It dials out to the gateway and holds the credentials of the MCP servers it offers.')
  .requiredOption('--config <file>', 'configuration (YAML)')
  .action(async ({ config }: { config: string }) => {
    const { runAgent } = await import('./commands/agent.ts')
    await runAgent({ config })
  })

program
  .command('witness')
  .summary('run a witness for the logs of gateways')
  .description(
    'Cosigns the checkpoints of logs that only ever grow, and refuses one that was rolled back or shows two histories. Runs until it is interrupted, on another computer than the gateway.',
  )
  .requiredOption('--config <file>', 'configuration (YAML)')
  .action(async ({ config }: { config: string }) => {
    const { runWitness } = await import('./commands/witness.ts')
    await runWitness({ config })
  })

interface ConnectChoices {
  gateway: string
  reason?: string
  minutes?: number
  askForAccess?: boolean
  ticket?: string
}

program
  .command('connect')
  .summary('open a session and a local MCP endpoint, without the desktop application')
  .description(
    'Signs in with the system browser, opens a session to a connection and serves its local MCP endpoint until it ends or is interrupted.',
  )
  .argument('<connection>', 'name of the connection')
  .requiredOption('--gateway <url>', 'address of the gateway, such as https://gate.acme.example', addressOf)
  .option('--reason <text>', 'why you need it; asked for on a terminal')
  .option('--minutes <number>', 'how long', minutesOf)
  .option('--ask-for-access', 'where a rule demands it: asks for access first, and waits for the reviewer')
  .option('--ticket <text>', 'what the access is for, where the rule asks for a ticket')
  .action(async (connection: string, options: ConnectChoices) => {
    const { runConnect } = await import('./commands/connect.ts')
    finish(await runConnect({ connection, ...options }))
  })

program.addCommand(inherit(verifyCommand(finish)))
program.addCommand(inherit(policyCommand(finish)))
program.addCommand(inherit(logCommand(finish)))
program.addCommand(inherit(trustCommand()))
program.addCommand(inherit(evidenceCommand(finish)))

nameHelp(program, 'gatehouse')

try {
  await program.parseAsync()
} catch (error) {
  exitCode = reportFailure(error)
}
process.exitCode = exitCode

/** A command made elsewhere does not take over how the program ends and what it shows. */
function inherit(command: Command, from: Command = program): Command {
  for (const part of command.commands) inherit(part, from)
  return command.copyInheritedSettings(from)
}

/** What is wrong with a command is said with the help of that command. */
function nameHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(${name} --help shows what can be given)`)
  for (const part of command.commands) nameHelp(part, `${name} ${part.name()}`)
}

function addressOf(text: string): string {
  const { protocol } = URL.parse(text) ?? {}
  if (protocol !== 'https:' && protocol !== 'http:') throw new InvalidArgumentError('It is an address, such as https://gate.acme.example.')
  return text
}

function minutesOf(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new InvalidArgumentError('It is a whole number of minutes.')
  return Number(text)
}

/** `code: message — remedy` on one line; a stack is for logs, not for people. */
function reportFailure(error: unknown): number {
  // Commander has said what is wrong already; asking for help is not wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUnusable
  const known =
    error instanceof AppError ? error : new AppError('INTERNAL', { where: 'gatehouse', reference: messageOf(error) }, { cause: error })
  process.stderr.write(`${known.code}: ${known.message} — ${known.remedy}\n`)
  return exitUnusable
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0] || error.name : String(error)
}
