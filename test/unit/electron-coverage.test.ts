/**
 * The host models only what the application uses of Electron. This compiles src-main and src-preload with `electron` resolved to the
 * host instead of to Electron's own types: a member, an event, an option or a type that the host does not have is a compile error.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const project = join(import.meta.dirname, '..', '..')
// inside the project, so that the planted files find its packages and types; ignored by git
const folder = (() => {
  mkdirSync(join(project, '.tsbuild'), { recursive: true })
  return mkdtempSync(join(project, '.tsbuild', 'electron-coverage-'))
})()
const path = (...parts: string[]) => relative(folder, join(project, ...parts))

function compile(name: string, include: string[], electron: string): string {
  const configuration = {
    extends: path('tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      declaration: false,
      emitDeclarationOnly: false,
      noEmit: true,
      noUnusedLocals: false,
      types: ['node'],
      typeRoots: [path('node_modules', '@types')],
      lib: ['es2024', 'dom', 'dom.iterable'],
      paths: { electron: [electron] },
    },
    include,
    exclude: [path('src-main', '**', '*.test.ts')],
  }
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(configuration))
  try {
    execFileSync(process.execPath, [join(project, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', file], { encoding: 'utf8' })
    return ''
  } catch (error) {
    return problemsOutsideServices((error as { stdout: string }).stdout)
  }
}

/** Services are compiled along because the shell imports them; they may not import electron, which is another test. */
const problemsOutsideServices = (output: string): string =>
  output
    .split('\n')
    .filter((line) => /^\S/.test(line) && !line.includes('src-main/services/'))
    .join('\n')

const host = path('test', 'electron-host', 'electron.ts')
const preloadHost = './preload-electron.ts'

beforeAll(() => {
  // what a sandboxed preload's require('electron') gives (test/electron-host/preload-world.ts)
  writeFileSync(
    join(folder, 'preload-electron.ts'),
    `import type { PreloadElectron } from '${path('test', 'electron-host', 'preload-world.ts')}'
declare const electron: PreloadElectron
export const contextBridge: PreloadElectron['contextBridge'] = electron.contextBridge
export const ipcRenderer: PreloadElectron['ipcRenderer'] = electron.ipcRenderer
export const webUtils: PreloadElectron['webUtils'] = electron.webUtils
`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the host has every member of Electron that main uses', () => {
  expect(compile('main', [path('src-main', '**', '*.ts')], host)).toBe('')
})

test('the host has every member of Electron that the preload uses', () => {
  expect(compile('preload', [path('src-preload', '**', '*.ts')], preloadHost)).toBe('')
})

const planted = [
  ['a function of a module', `import { app } from 'electron'\napp.setJumpList([])`, 'setJumpList'],
  ['a module', `import { powerMonitor } from 'electron'\npowerMonitor.getSystemIdleTime()`, 'powerMonitor'],
  ['a method of an object', `import { BrowserWindow } from 'electron'\nBrowserWindow.getFocusedWindow()?.setKiosk(true)`, 'setKiosk'],
  ['an event', `import { app } from 'electron'\napp.on('gpu-info-update', () => undefined)`, 'gpu-info-update'],
  ['an option', `import { Notification } from 'electron'\nnew Notification({ title: '', body: '', toastXml: '' })`, 'toastXml'],
  [
    'an unsandboxed window',
    `import type { WebPreferences } from 'electron'\nexport const x: WebPreferences = { sandbox: false, contextIsolation: true, nodeIntegration: false }`,
    'false',
  ],
  ['a type', `import type { TouchBar } from 'electron'\nexport type X = TouchBar`, 'TouchBar'],
] as const

describe('that the host does not have is found', () => {
  let found: string[]
  beforeAll(() => {
    for (const [index, [, source]] of planted.entries()) writeFileSync(join(folder, `planted-${index}.ts`), source)
    found = compile('planted', ['planted-*.ts'], host).split('\n')
  })

  test.for(planted.map(([what, , name], index) => [what, name, index] as const))('%s', ([, name, index]) => {
    expect(found.filter((line) => line.includes(`planted-${index}.ts(`)).join('\n')).toContain(name)
  })
})
