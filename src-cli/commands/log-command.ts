import { Command } from 'commander'

/** `gatehouse log check` */
export function logCommand(finish: (exitCode: number) => void): Command {
  const command = new Command('log').summary('audit the log and the recordings of a gateway')
  command
    .command('check')
    .summary('check a whole store on this computer, without the gateway')
    .description(
      'Checks a log against its key, its checkpoint and its tiles, its entries against each other, and every recording against the log.',
    )
    .argument('<folder>', 'folder of the log')
    .requiredOption('--key <key>', 'verifier key of the log (name+id+base64), or a file that holds it')
    .option('--recordings <folder>', 'folder of the recordings; without it the log alone is checked')
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', '\nExit code: 0 nothing is wrong, 1 something is, 2 nothing could be checked.')
    .action(async (log: string, options: { key: string; recordings?: string; json?: boolean }) => {
      const { runLogCheck } = await import('./check-log.ts')
      finish(await runLogCheck({ log, ...options }))
    })
  return command
}
