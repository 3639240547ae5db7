/** Runs an Electron application in Node: prepares the process as Electron would, loads the application, starts the browser. */
import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { applicationInfo, launcherPath } from './application-info.ts'
import { installOfflineSwitch } from './offline.ts'

const require = createRequire(join(applicationInfo.root, 'package.json'))
const { version: electronVersion } = require('electron/package.json') as { version: string }
const define = (name: string, value: string) =>
  Object.defineProperty(process.versions, name, { value, enumerable: true, configurable: true })
define('electron', electronVersion)
// how the application, and a test, tell the host from the real thing
define('gatehouse-host', applicationInfo.version)
Object.assign(process, { type: 'browser', defaultApp: true, resourcesPath: join(applicationInfo.root, 'resources') })
process.argv = [launcherPath, ...process.argv.slice(2)]
// Playwright evaluates require('electron') in main
Object.assign(globalThis, { require })
installOfflineSwitch()

const electronUrl = pathToFileURL(join(import.meta.dirname, 'electron.ts')).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' || specifier === 'electron/main' ? { url: electronUrl, shortCircuit: true } : next(specifier, context),
})

const { app } = await import('./app.ts')
const { startBrowser } = await import('./browser.ts')
const { onPopup, onTargetGone } = await import('./browser-window.ts')
await import('./electron.ts')

for (const script of applicationInfo.requires) require(script)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit())

try {
  await import(pathToFileURL(applicationInfo.main).href)
} catch (error) {
  console.error('App threw an error during load\n', error)
  process.exit(1)
}

if (!app.quitting) {
  try {
    const { endpoint, cdp } = await startBrowser({ onPopup, onTargetGone })
    const { product } = await cdp.browser.send('Browser.getVersion')
    define('chrome', product.split('/')[1] ?? product)
    process.stderr.write(`DevTools listening on ${endpoint}\n`)
    app.becomeReady()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
