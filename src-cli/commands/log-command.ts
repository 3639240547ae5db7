import { Command } from 'commander'

/** `gatehouse log check`, `gatehouse log rotate-key` */
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
    .option('--checkpoint <file...>', 'checkpoints of the log that you kept: a log that does not continue them was rolled back or forked')
    .option('--witness <key...>', 'verifier keys of witnesses that must have cosigned the log')
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', '\nExit code: 0 nothing is wrong, 1 something is, 2 nothing could be checked.')
    .action(
      async (log: string, options: { key: string; recordings?: string; checkpoint?: string[]; witness?: string[]; json?: boolean }) => {
        const { runLogCheck } = await import('./check-log.ts')
        finish(await runLogCheck({ log, ...options }))
      },
    )
  command
    .command('rotate-key')
    .summary('replace the key that signs the log; the gateway must be stopped')
    .description(
      'Makes a new key, has the log say that it takes over, signed by the old key and the new one, and removes the old one. Who trusts the old key can follow to the new one.',
    )
    .requiredOption('--config <file>', 'configuration of the gateway (YAML)')
    .addHelpText('after', '\nExit code: 0 the key is replaced, 2 it is not.')
    .action(async ({ config }: { config: string }) => {
      const { runKeyRotation } = await import('./rotate-key.ts')
      finish(await runKeyRotation({ config }))
    })
  return command
}
