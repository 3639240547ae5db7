export type StartDecision = { ok: true } | { ok: false; reason: 'tls-checks-off' | 'debugging'; problem: string }

/** Chromium's and Node's ways to turn certificate checks off; there is no such way in this application. */
const unsafeTls = new Set([
  '--ignore-certificate-errors',
  '--ignore-certificate-errors-spki-list',
  '--allow-insecure-localhost',
  '--ignore-urlfetcher-cert-requests',
])
/** whoever may pass these to an installed application would have the page, and with it every channel */
const debugging = new Set([
  '--remote-debugging-port',
  '--remote-debugging-pipe',
  '--inspect',
  '--inspect-brk',
  '--js-flags',
  '--load-extension',
])

/** Whether this command line and environment are fit to run with. An own certificate authority goes into the system's store. */
export function decideStart(input: { argv: readonly string[]; env: NodeJS.ProcessEnv; packaged: boolean }): StartDecision {
  const names = input.argv.map((argument) => argument.split('=')[0] ?? '')
  const tls = names.find((name) => unsafeTls.has(name))
  if (tls !== undefined) return { ok: false, reason: 'tls-checks-off', problem: `Gatehouse does not start with ${tls}.` }
  if (input.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    return { ok: false, reason: 'tls-checks-off', problem: 'Gatehouse does not start while NODE_TLS_REJECT_UNAUTHORIZED is 0.' }
  }
  const debug = input.packaged ? names.find((name) => debugging.has(name)) : undefined
  if (debug !== undefined) return { ok: false, reason: 'debugging', problem: `Gatehouse does not start with ${debug}.` }
  return { ok: true }
}
