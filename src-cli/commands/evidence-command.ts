import { Command, InvalidArgumentError } from 'commander'

/** `gatehouse evidence export` */
export function evidenceCommand(finish: (exitCode: number) => void): Command {
  const command = new Command('evidence').summary('make what an auditor takes away')
  command
    .command('export')
    .summary('write an evidence pack of a period, from the store or a copy of it')
    .description(
      'Writes a zip with all log entries of a period, complete tables, a sample of the sessions, and a verifier that needs only Node. That it was exported is not logged: for that, export from the application.',
    )
    .requiredOption('--log <folder>', 'folder of the log')
    .requiredOption('--recordings <folder>', 'folder of the recordings')
    .requiredOption('--key <key>', 'verifier key of the log (name+id+base64), or a file that holds it')
    .requiredOption('--from <time>', 'first day or moment, such as 2026-07-01', timeOf)
    .requiredOption('--to <time>', 'day or moment after the last, such as 2026-10-01', timeOf)
    .requiredOption('--seed <text>', 'chosen by the auditor: the sample follows from it')
    .option('--sample <number>', 'how many sessions', countOf, 25)
    .requiredOption('--out <file>', 'the pack (.zip); it must not be there yet')
    .addHelpText('after', '\nExit code: 0 written, 2 not written.')
    .action(
      async (options: {
        log: string
        recordings: string
        key: string
        from: string
        to: string
        seed: string
        sample: number
        out: string
      }) => {
        const { runEvidenceExport } = await import('./export-evidence.ts')
        finish(await runEvidenceExport(options))
      },
    )
  return command
}

/** A day is its beginning in UTC. */
function timeOf(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new InvalidArgumentError('It is a day (2026-07-01) or a moment in UTC (2026-07-01T08:00:00Z).')
  }
  return new Date(text).toISOString()
}

function countOf(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError('It is a whole number, at most 99999.')
  return Number(text)
}
