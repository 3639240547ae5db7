import { Command, InvalidArgumentError } from 'commander'

/** `gatehouse trust create-key|sign|show` */
export function trustCommand(): Command {
  const command = new Command('trust')
    .summary('say whose approvals agents accept, and for which calls')
    .description(
      'Works on files alone. Keep the root key where no gateway and no agent can read it: whoever has it decides what agents run.',
    )
  command
    .command('create-key')
    .summary('make a root key')
    .requiredOption('--out <file>', 'where the private key is written; it must not be there yet')
    .option('--name <name>', 'name of the key, without spaces and plus signs', nameOf, 'approvals-root')
    .action(async (options: { out: string; name: string }) => {
      const { runCreateKey } = await import('./trust.ts')
      await runCreateKey(options)
    })
  command
    .command('sign')
    .summary('sign the rules of a policy and the keys of reviewers')
    .argument('<reviewers>', 'list of reviewers and their keys, with a version that counts up (YAML)')
    .requiredOption('--policy <file>', 'policy in force at the gateway (YAML)')
    .requiredOption('--key <file>', 'private root key')
    .requiredOption('--out <file>', 'where the signed document is written')
    .option('--name <name>', 'name of the key', nameOf, 'approvals-root')
    .option('--also <sha256...>', 'another policy version under which calls may be approved, while one follows the other')
    .action(async (reviewers: string, options: { policy: string; key: string; out: string; name: string; also?: string[] }) => {
      const { runSign } = await import('./trust.ts')
      await runSign({ reviewers, ...options })
    })
  command
    .command('show')
    .summary('check a signed document and tell what it says')
    .argument('<file>', 'signed document')
    .requiredOption('--root <key>', 'verifier key of the root (name+id+base64), or a file that holds it')
    .action(async (file: string, options: { root: string }) => {
      const { runShow } = await import('./trust.ts')
      await runShow({ file, ...options })
    })
  return command
}

function nameOf(text: string): string {
  if (!/^[^\s+]+$/.test(text)) throw new InvalidArgumentError('It has no spaces and no plus signs.')
  return text
}
