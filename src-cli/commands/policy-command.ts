import { Command } from 'commander'

/** `gatehouse policy check|test|simulate|schema`. The policy language is loaded when it is asked for: other commands start without it. */
export function policyCommand(finish: (exitCode: number) => void): Command {
  const command = new Command('policy')
    .summary('check and try policies on this computer')
    .description('Works on policy files alone, so that policies can live in a repository and be checked there.')
    .addHelpText('after', '\nExit code: 0 good, 1 not good, 2 nothing could be checked.')
  command
    .command('check')
    .summary('what the gateway would say to a policy before it is activated')
    .argument('<file>', 'policy (YAML)')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { json?: boolean }) => {
      const { runPolicyCheck } = await import('./policy.ts')
      finish(await runPolicyCheck({ file, ...options }))
    })
  command
    .command('test')
    .summary('run the examples that a policy carries')
    .argument('<file>', 'policy (YAML)')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { json?: boolean }) => {
      const { runPolicyTest } = await import('./policy.ts')
      finish(await runPolicyTest({ file, ...options }))
    })
  command
    .command('simulate')
    .summary('what a policy would have decided about recorded sessions')
    .argument('<file>', 'policy (YAML)')
    .argument('<recordings...>', 'recordings (.jsonl), or folders of them')
    .option('--json', 'print JSON')
    .action(async (file: string, recordings: string[], options: { json?: boolean }) => {
      const { runPolicySimulation } = await import('./simulate-policy.ts')
      finish(await runPolicySimulation({ file, recordings, ...options }))
    })
  command
    .command('schema')
    .summary('print the JSON Schema of policy or masking documents')
    .option('--masking', 'of masking documents')
    .action(async ({ masking }: { masking?: boolean }) => {
      const { documentSchema } = await import('../../src-protocol/document-schema.ts')
      process.stdout.write(`${JSON.stringify(documentSchema(masking ? 'masking' : 'policy'), undefined, 2)}\n`)
    })
  return command
}
