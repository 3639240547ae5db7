/** What boot found out about the application before it loads it. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export interface ApplicationInfo {
  /** folder with the package.json */
  root: string
  name: string
  version: string
  /** absolute path of the main script */
  main: string
  /** command line switches, wherever they stand: name → value or '' */
  switches: Map<string, string>
  /** scripts to load first (-r) */
  requires: string[]
}

/** Reads `electron`'s own command line: [-r script] [switches] application [arguments]. */
function readApplicationInfo(parameters: string[]): ApplicationInfo {
  const requires: string[] = []
  const switches = new Map<string, string>()
  let application: string | undefined
  for (let at = 0; at < parameters.length; at++) {
    const parameter = parameters[at]!
    if (application === undefined && (parameter === '-r' || parameter === '--require')) {
      requires.push(resolve(parameters[++at] ?? ''))
    } else if (parameter.startsWith('--')) {
      const equals = parameter.indexOf('=')
      if (equals < 0) switches.set(parameter.slice(2), '')
      else switches.set(parameter.slice(2, equals), parameter.slice(equals + 1))
    } else if (application === undefined && !parameter.startsWith('-')) {
      application = parameter
    }
  }
  const path = resolve(application ?? '.')
  const root = folderWithPackage(statSync(path).isDirectory() ? path : dirname(path))
  const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string | undefined>
  return {
    root,
    name: description['productName'] ?? description['name'] ?? 'Electron',
    version: description['version'] ?? '0.0.0',
    main: statSync(path).isDirectory() ? resolve(path, description['main'] ?? 'index.js') : path,
    switches,
    requires,
  }
}

function folderWithPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('There is no package.json in or above the application.')
  return folderWithPackage(parent)
}

export const launcherPath = join(import.meta.dirname, 'electron')
export const applicationInfo = readApplicationInfo(process.argv.slice(2))
