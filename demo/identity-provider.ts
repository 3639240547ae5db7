/**
 * The demo identity provider as a program of its own:
 *   node demo/identity-provider.ts --config provider.yaml
 *   node demo/identity-provider.ts --port 7430 --gateway-redirect http://127.0.0.1:7420/sign-in/callback --client-secret env:NAME
 * Prints one JSON line on standard output when it is ready: {"ready":true,"issuer":…,"clientId":…}
 */
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { AppError } from '../src-protocol/app-error.ts'
import { secretReference } from '../src-protocol/config.ts'
import { describeIssues, readConfigFile } from '../src-node/config-file.ts'
import { createLogger } from '../src-node/logger.ts'
import { resolveSecret } from '../src-node/secret.ts'
import { demoAccount } from './identity-provider/accounts.ts'
import { startDemoIdentityProvider } from './identity-provider/provider.ts'

const configuration = z.strictObject({
  port: z.coerce.number().int().min(0).max(65535).default(0),
  gatewayRedirect: z.url(),
  clientId: z.string().default('gatehouse-gateway'),
  clientSecret: secretReference,
  /** keeps the signing keys across restarts */
  data: z.string().optional(),
  /** instead of the built-in ones */
  accounts: z.array(demoAccount).optional(),
  /** give the gateway refresh tokens, to be asked with whether a sign-in still stands */
  refreshTokens: z.boolean().default(false),
})

const log = createLogger('demo-identity-provider')
try {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      port: { type: 'string' },
      'gateway-redirect': { type: 'string' },
      'client-id': { type: 'string' },
      'client-secret': { type: 'string' },
      data: { type: 'string' },
    },
  })
  const folder = values.config ? dirname(resolve(values.config)) : process.cwd()
  const config = values.config
    ? readConfigFile(values.config, configuration)
    : fromArguments({
        port: values.port,
        gatewayRedirect: values['gateway-redirect'],
        clientId: values['client-id'],
        clientSecret: values['client-secret'],
        data: values.data,
      })
  const provider = await startDemoIdentityProvider({
    port: config.port,
    gatewayRedirect: config.gatewayRedirect,
    clientId: config.clientId,
    clientSecret: resolveSecret(config.clientSecret, { env: process.env, folder, name: 'clientSecret' }),
    dataFolder: config.data === undefined ? undefined : resolve(folder, config.data),
    accounts: config.accounts,
    refreshTokens: config.refreshTokens,
  })
  const stop = () => void provider.close().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.stdout.write(`${JSON.stringify({ ready: true, issuer: provider.issuer, clientId: config.clientId })}\n`)
} catch (error) {
  const known =
    error instanceof AppError
      ? error
      : new AppError('INTERNAL', { where: 'the demo identity provider', reference: String(error) }, { cause: error })
  log.fatal({ code: known.code }, `${known.message} ${known.remedy}`)
  process.exitCode = 1
}

function fromArguments(given: Record<string, string | undefined>): z.infer<typeof configuration> {
  const checked = configuration.safeParse(given)
  if (!checked.success) throw new AppError('CONFIG_INVALID', { file: 'command line', problem: describeIssues(checked.error.issues) })
  return checked.data
}
