/** Finds a Chromium: the one place that knows where it may be and how it must be started on this machine. */
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const require = createRequire(import.meta.url)
const installedNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const macApplications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

export interface FoundChromium {
  executablePath: string
  /** what this machine needs; to be added to the caller's own arguments */
  args: string[]
}

/**
 * In this order: the path in GATEHOUSE_CHROMIUM; for headless use on Linux x64 the headless shell inside `@sparticuz/chromium`;
 * an installed Chromium or Chrome. Usable as `chromium.launch(await findChromium({ headless: true }))`.
 * @throws Error saying what to install
 */
export async function findChromium(options: { headless: boolean }): Promise<FoundChromium> {
  return { executablePath: await findExecutable(options.headless), args: machineArguments() }
}

function machineArguments(): string[] {
  const args = ['--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none']
  // Chromium refuses to run its sandbox as root; for everybody else the sandbox stays on
  if (process.getuid?.() === 0) args.push('--no-sandbox')
  return args
}

async function findExecutable(headless: boolean): Promise<string> {
  const configured = process.env['GATEHOUSE_CHROMIUM']
  if (configured) {
    if (!isExecutable(configured)) throw new Error(`GATEHOUSE_CHROMIUM names ${configured}, which is not an executable file.`)
    return configured
  }
  if (headless && process.platform === 'linux' && process.arch === 'x64') {
    const packed = findPackage()
    if (packed) return unpack(packed)
  }
  const installed = findInstalled()
  if (installed) return installed
  throw new Error(
    `No Chromium was found. ${
      headless
        ? 'On Linux x64 run `npm ci` (it brings one for headless use); elsewhere install Chromium or Chrome'
        : 'A visible window needs an installed Chromium or Chrome: on Debian `apt-get install chromium`'
    }, or set GATEHOUSE_CHROMIUM to its path.`,
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function findInstalled(): string | undefined {
  if (process.platform === 'darwin') return macApplications.find(isExecutable)
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return folders.flatMap((folder) => installedNames.map((name) => join(folder, name))).find(isExecutable)
}

interface ChromiumPackage {
  version: string
  entry: string
  /** node_modules, where the unpacked browser is kept */
  modules: string
}

function findPackage(): ChromiumPackage | undefined {
  for (const modules of require.resolve.paths('@sparticuz/chromium') ?? []) {
    const folder = join(modules, '@sparticuz', 'chromium')
    if (!existsSync(join(folder, 'package.json'))) continue
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { version, entry: join(folder, 'build', 'index.js'), modules }
  }
  return undefined
}

/**
 * The package unpacks into the temporary folder of its process, to fixed names and not atomically: two test runs would execute
 * each other's half-written browser. So it unpacks in a process of its own, into a staging folder that is renamed when complete.
 */
async function unpack({ version, entry, modules }: ChromiumPackage): Promise<string> {
  const target = join(modules, '.cache', `gatehouse-chromium-${version}`)
  const wrapper = join(target, 'run-chromium')
  if (existsSync(wrapper)) return wrapper

  await mkdir(dirname(target), { recursive: true })
  const staging = mkdtempSync(`${target}.`)
  const script = `import { pathToFileURL } from 'node:url'
    const { default: chromium } = await import(pathToFileURL(process.argv[1]))
    await chromium.executablePath()`
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, entry], {
    // the name of this environment makes the package unpack the shared libraries (NSS, Expat) that a bare machine lacks
    env: { PATH: process.env['PATH'], TMPDIR: staging, AWS_EXECUTION_ENV: 'nodejs24.x' },
  })
  writeFileSync(join(staging, 'run-chromium'), wrapperScript(target), { mode: 0o755 })
  try {
    renameSync(staging, target)
  } catch (cause) {
    rmSync(staging, { recursive: true, force: true })
    if (!existsSync(wrapper)) throw new Error(`Chromium could not be unpacked into ${target}.`, { cause })
  }
  return wrapper
}

/** `exec` keeps the process id, so that ending the wrapper ends the browser. */
const wrapperScript = (folder: string): string => `#!/bin/sh
LD_LIBRARY_PATH="${folder}/al2023/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "${folder}/chromium" "$@"
`
