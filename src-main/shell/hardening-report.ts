import { desktopChannels, desktopEventNames } from '../../src-protocol/desktop-channels.ts'
import { applicationOrigin } from './application-origin.ts'
import { parseApplicationPath } from './application-path.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { deepLinkScheme, parseDeepLink } from './deep-link.ts'
import { decideExternalUrl } from './external-url.ts'
import { decideNavigation } from './navigation.ts'
import { denyPermissions, type PermissionSession } from './permissions.ts'
import { windowOptions } from './window-options.ts'

/** Tries that must fail. The report runs them through the code that is in force and prints what it said. */
const attempts = {
  files: ['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '/..\\package.json', '/index.html%00.js', '//etc/passwd'].map(
    (path) => applicationOrigin + path,
  ),
  navigation: ['https://example.com/', 'file:///etc/passwd', 'app://other/', 'data:text/html,x', 'javascript:alert(1)'],
  external: ['https://example.com/', 'file:///etc/passwd', 'ms-msdt:/id'],
  deepLinks: ['gatehouse://inbox/apr_abcdefgh12345678?decision=approve', 'gatehouse://settings', 'https://gatehouse/inbox'],
} as const

/** What this build enforces, from the functions and values that enforce it. `gatehouse --hardening-report` prints it. */
export function hardeningReport(input: {
  version: string
  runtime: 'electron' | 'host'
  versions: { electron: string | undefined; chrome: string | undefined; node: string }
  packaged: boolean
  gatewayUrl: string
}) {
  const { webPreferences } = windowOptions({ preload: '', packaged: input.packaged, dark: false, bounds: { width: 0, height: 0 } })
  return {
    application: { version: input.version, runtime: input.runtime, packaged: input.packaged, ...input.versions },
    window: { appEnableSandbox: true, ...webPreferences, preload: 'out/preload/index.cjs' },
    origin: applicationOrigin,
    contentSecurityPolicy: contentSecurityPolicy('<new in each response>'),
    permissions: permissionOutcomes(),
    ipc: {
      senders: `main frame of a window of this application on ${applicationOrigin}`,
      channels: desktopChannels,
      events: desktopEventNames,
    },
    deepLinks: { scheme: deepLinkScheme, effect: 'shows a page' },
    attempts: {
      files: Object.fromEntries(attempts.files.map((url) => [url, outcome(parseApplicationPath(url))])),
      navigation: Object.fromEntries(attempts.navigation.map((url) => [url, decideNavigation(url, `${applicationOrigin}/`)])),
      external: Object.fromEntries(attempts.external.map((url) => [url, outcome(decideExternalUrl(url, input.gatewayUrl))])),
      deepLinks: Object.fromEntries(attempts.deepLinks.map((url) => [url, outcome(parseDeepLink(url))])),
    },
  }
}

/** Asks the handlers that are installed on the session, as Chromium would. */
function permissionOutcomes(): Record<string, string> {
  const outcomes: Record<string, string> = {}
  const say = (name: string, granted: boolean) => {
    outcomes[name] = granted ? 'allow' : 'deny'
  }
  denyPermissions({
    setPermissionRequestHandler: (handler: PermissionAsked) => handler(null, 'media', (granted) => say('request', granted)),
    setPermissionCheckHandler: (handler: () => boolean) => say('check', handler()),
    setDevicePermissionHandler: (handler: () => boolean) => say('device', handler()),
    setDisplayMediaRequestHandler: (handler: CaptureAsked) => handler({}, (streams) => say('displayMedia', streams !== null)),
  })
  return outcomes
}

type PermissionAsked = Parameters<PermissionSession['setPermissionRequestHandler']>[0]
type CaptureAsked = Parameters<PermissionSession['setDisplayMediaRequestHandler']>[0]

const outcome = (result: { ok: true } | { ok: false; reason: string }): string => (result.ok ? 'allow' : `deny: ${result.reason}`)
