import { parseArgs } from 'node:util'
import { join, resolve } from 'node:path'

export interface DemoOptions {
  /** everything the demo writes */
  data: string
  reset: boolean
  /** whose desktop opens: the name of its profile */
  profile: string
  /** the main job without a person, then exit */
  tour: boolean
  /** services only, no desktop */
  servicesOnly: boolean
  help: boolean
}

export const usage = `npm start -- [options]

  --as NAME        open the desktop as another profile (its own user data); joins a running demo
  --reset          start afresh: forget everything the demo has stored
  --data DIR       keep the demo's state in DIR (default: .gatehouse/demo)
  --services-only  start the services without a desktop
  --tour           run the main job without a person and write pictures to tour/ (also: npm run tour)
  --help           this text`

/** @throws Error with a message for the person who typed */
export function parseOptions(argv: readonly string[], root: string): DemoOptions {
  const values = parse(argv)
  if (!/^[a-z0-9-]{1,40}$/.test(values.as)) throw new Error('--as takes a name of lower-case letters, digits and hyphens.')
  if (values.data?.trim() === '') throw new Error('--data takes a folder.')
  return {
    data: values.data ? resolve(values.data) : join(root, '.gatehouse', values.tour ? 'tour' : 'demo'),
    reset: values.reset || values.tour,
    profile: values.as,
    tour: values.tour,
    servicesOnly: values['services-only'],
    help: values.help,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        as: { type: 'string', default: 'operator' },
        reset: { type: 'boolean', default: false },
        data: { type: 'string' },
        tour: { type: 'boolean', default: false },
        'services-only': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (cause) {
    // what follows the first sentence is about a program that takes file names
    const [problem] = (cause as Error).message.split(/\.? (?=To specify|This command)/)
    throw new Error(`${problem}. npm start -- --help shows what can be given.`, { cause })
  }
}
