import { app, clipboard, dialog, Menu, nativeTheme, protocol, session, shell, type OpenDialogOptions } from 'electron'
import { join } from 'node:path'
import { systemClock } from '../../src-node/clock.ts'
import { createLogger, type Logger } from '../../src-node/logger.ts'
import { randomText } from '../../src-node/random-id.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Desktop, DesktopPorts } from '../services/desktop.ts'
import type { Preferences } from '../services/preferences.ts'
import { openAnotherProfile } from './another-profile.ts'
import { createApplicationFiles } from './application-files.ts'
import { applicationMenu } from './application-menu.ts'
import { applicationScheme } from './application-origin.ts'
import { connectNotifications } from './connect-notifications.ts'
import { decideStart } from './decide-start.ts'
import { deepLinkIn, deepLinkScheme, pageOf, parseDeepLink } from './deep-link.ts'
import { desktopRuntime } from './desktop-runtime.ts'
import { fileArguments } from './file-arguments.ts'
import { decideExternalUrl } from './external-url.ts'
import { hardeningReport } from './hardening-report.ts'
import { registerIpc } from './ipc.ts'
import { forwardEvents } from './ipc-registrar.ts'
import { createMainWindow, type MainWindow } from './main-window.ts'
import { guardNavigation } from './navigation.ts'
import { denyPermissions } from './permissions.ts'
import { openPreferencesStore } from './preferences-store.ts'
import { systemSecretStore } from './system-secret-store.ts'
import { createTray } from './tray.ts'
import { decideUserData } from './user-data.ts'

/**
 * Starts the desktop around its services. Everything that must precede Electron's `ready` (sandbox, scheme, folder, lock) is done
 * in this call; the rest when it comes.
 */
export function runDesktop(createServices: (ports: DesktopPorts) => Desktop): void {
  app.enableSandbox()
  const fit = decideStart({ argv: process.argv, env: process.env, packaged: app.isPackaged })
  if (!fit.ok) return refuseStart(fit.problem)
  protocol.registerSchemesAsPrivileged([{ scheme: applicationScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }])
  const folder = decideUserData({ argv: process.argv, env: process.env, defaultFolder: app.getPath('userData'), cwd: process.cwd() })
  if (!folder.ok) return refuseStart(`The folder or profile on the command line cannot be used (${folder.reason}).`)
  app.setPath('userData', folder.folder)
  const gatewayUrl = process.env['GATEHOUSE_GATEWAY_URL']
  if (process.argv.includes('--hardening-report')) return printHardeningReport(folder.folder, gatewayUrl)
  // a second start hands its command line to the first and leaves
  if (!app.requestSingleInstanceLock()) return app.quit()
  if (app.isPackaged) app.setAsDefaultProtocolClient(deepLinkScheme)

  // macOS hands a link over as an event, which may come before anything is ready
  const links = createLinkQueue()
  app.on('open-url', (event, url) => {
    event.preventDefault()
    links.push(url)
  })
  // and so it does with a file that is opened with the application
  const files = createLinkQueue()
  app.on('open-file', (event, path) => {
    event.preventDefault()
    files.push(path)
  })
  const log = createLogger('desktop')
  void app
    .whenReady()
    .then(() => start(createServices, { userData: folder.folder, gatewayUrl, links, files, log }))
    .catch((error: unknown) => {
      log.error({ err: error }, 'the desktop could not start')
      refuseStart('Gatehouse could not start. Its log says why.')
    })
}

function refuseStart(problem: string): void {
  process.stderr.write(`${problem}\n`)
  app.exit(1)
}

function printHardeningReport(userData: string, gatewayUrl: string | undefined): void {
  const report = hardeningReport({
    version: app.getVersion(),
    runtime: desktopRuntime(),
    versions: { electron: process.versions['electron'], chrome: process.versions['chrome'], node: process.versions.node },
    packaged: app.isPackaged,
    gatewayUrl: openPreferencesStore({ folder: userData, gatewayUrl }).get().gatewayUrl,
  })
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  app.exit(0)
}

async function start(
  createServices: (ports: DesktopPorts) => Desktop,
  {
    userData,
    gatewayUrl,
    links,
    files,
    log,
  }: { userData: string; gatewayUrl: string | undefined; links: LinkQueue; files: LinkQueue; log: Logger },
): Promise<void> {
  const folder = import.meta.dirname
  protocol.handle(applicationScheme, createApplicationFiles(join(folder, '../renderer')))
  denyPermissions(session.defaultSession)
  app.on('web-contents-created', (_event, contents) => guardNavigation(contents))

  const preferences = openPreferencesStore({ folder: userData, gatewayUrl })
  applyColorScheme(preferences.get().colorScheme)
  const window = createMainWindow({
    preload: join(folder, '../preload/index.cjs'),
    packaged: app.isPackaged,
    dark: () => nativeTheme.shouldUseDarkColors,
    preferences,
    // approvals keep arriving; tray, dock, a notification or a second start bring it back
    hideOnClose: () => true,
  })
  const anotherProfile = () =>
    openAnotherProfile({
      executable: app.getPath('exe'),
      applicationPath: app.isPackaged ? undefined : app.getAppPath(),
      userData,
      onFailed: (error) => log.error({ err: error }, 'another profile could not be started'),
    })

  const services = createServices({
    version: app.getVersion(),
    runtime: desktopRuntime(),
    userData,
    preferences,
    openBrowser: (url) => openBrowser(url, preferences.get().gatewayUrl),
    secretStore: systemSecretStore,
    writeClipboard: (text) => void clipboard.writeText(text),
    chooseFolder: () => choose(window, { title: 'Choose a folder for the export', properties: ['openDirectory', 'createDirectory'] }),
    chooseFile: () =>
      choose(window, {
        title: 'Choose a recording, an evidence pack or a proof',
        properties: ['openFile'],
        filters: [
          { name: 'Recordings, evidence packs and proofs', extensions: ['jsonl', 'ndjson', 'zip', 'tlog-proof'] },
          { name: 'All files', extensions: ['*'] },
        ],
      }),
    openAnotherProfile: anotherProfile,
    clock: systemClock,
    log,
  })
  registerIpc({
    handlers: services.handlers,
    openFiles: (paths) => services.openFiles(paths),
    isOurs: window.isOurs,
    newReference: () => randomText(10),
    log,
  })
  forwardEvents({ subscribe: services.subscribe, send: window.send, log })

  const show = (page?: string) =>
    void window.show(page).catch((error: unknown) => log.error({ err: error }, 'the window could not be shown'))
  const tray = createTray({ show: () => show(), openInbox: () => show('/inbox') })
  installMenu(services, preferences.get().colorScheme, anotherProfile)
  services.subscribe('state:changed', (state) => {
    applyColorScheme(state.preferences.colorScheme)
    installMenu(services, state.preferences.colorScheme, anotherProfile)
  })

  const follow = (text: string | undefined) => {
    const link = text === undefined ? undefined : parseDeepLink(text)
    if (link && !link.ok) log.warn({ reason: link.reason }, 'a link was refused')
    show(link?.ok ? pageOf(link.target) : undefined)
  }
  const openFiles = (paths: readonly string[]): void => {
    show('/recordings')
    services.openFiles(paths)
  }
  app.on('second-instance', (_event, argv, cwd) => {
    const paths = fileArguments(argv, cwd)
    if (paths.length === 0) follow(deepLinkIn(argv))
    else openFiles(paths)
  })
  app.on('activate', () => show())
  // the tray keeps it running
  app.on('window-all-closed', () => undefined)
  const notifications = await connectNotifications({ services, window, showCount: tray.showCount, log })
  app.on('before-quit', () => {
    window.letClose()
    notifications.close()
    tray.close()
  })
  closeServicesBeforeExit(services, log)
  const waiting = links.handle(follow)
  const opened = files.handle((path) => openFiles([path]))
  const paths = fileArguments(process.argv, process.cwd())
  if (paths.length > 0) openFiles(paths)
  else if (opened) show('/recordings')
  else if (!waiting) follow(deepLinkIn(process.argv))
}

interface LinkQueue {
  push(url: string): void
  /** true if a link had come before */
  handle(listener: (url: string) => void): boolean
}

/** Keeps what comes before somebody handles it. */
function createLinkQueue(): LinkQueue {
  const waiting: string[] = []
  let handler: ((url: string) => void) | undefined
  return {
    push(url) {
      if (handler) handler(url)
      else waiting.push(url)
    },
    handle(listener) {
      handler = listener
      for (const url of waiting) listener(url)
      return waiting.length > 0
    },
  }
}

/** Electron does not wait for promises when it quits, so the first `will-quit` is put off until the services have ended. */
function closeServicesBeforeExit(services: Desktop, log: Logger): void {
  let closed = false
  app.on('will-quit', (event) => {
    if (closed) return
    event.preventDefault()
    closed = true
    void Promise.resolve(services.close())
      .catch((error: unknown) => log.error({ err: error }, 'the services did not end in order'))
      .finally(() => app.quit())
  })
}

async function openBrowser(url: string, gatewayUrl: string): Promise<void> {
  const decision = decideExternalUrl(url, gatewayUrl)
  if (!decision.ok)
    throw new AppError('SIGN_IN_RESPONSE_INVALID', { problem: `the address to open is not the gateway’s (${decision.reason})` })
  await shell.openExternal(decision.url)
}

async function choose(window: MainWindow, options: OpenDialogOptions): Promise<string | undefined> {
  const { canceled, filePaths } = await dialog.showOpenDialog(await window.show(), options)
  return canceled ? undefined : filePaths[0]
}

function applyColorScheme(scheme: Preferences['colorScheme']): void {
  nativeTheme.themeSource = scheme === 'auto' ? 'system' : scheme
}

function installMenu(services: Desktop, colorScheme: Preferences['colorScheme'], anotherProfile: () => void): void {
  const template = applicationMenu({
    platform: process.platform,
    packaged: app.isPackaged,
    colorScheme,
    openAnotherProfile: anotherProfile,
    setColorScheme: (scheme) => void services.handlers['preferences:set']({ colorScheme: scheme }),
  })
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
