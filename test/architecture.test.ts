import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * docs/architecture.md, "Folders are the architecture", as data. `folders`: what a file here may import from other folders;
 * `packages`: which npm packages its shipped (not test) files may import; `node`: whether Node's own modules are allowed.
 */
const rules: Record<string, { folders: string[]; packages: string[] | 'any'; node: string[] | 'any' | 'none' }> = {
  'src-protocol': { folders: [], packages: ['zod'], node: 'none' },
  'src-core': {
    folders: ['src-protocol'],
    packages: [
      'zod',
      'yaml',
      '@bufbuild/cel',
      '@bufbuild/re2',
      'libpg-query',
      'node-sql-parser',
      'ibantools',
      'libphonenumber-js',
      're2js',
      'canonicalize',
    ],
    node: ['node:crypto'],
  },
  'src-node': {
    folders: ['src-protocol', 'src-core'],
    packages: ['zod', 'yaml', 'pino', 'ws', 'jose', 'yazl', 'csv-stringify'],
    node: 'any',
  },
  'src-gateway': {
    folders: ['src-protocol', 'src-core', 'src-node'],
    packages: ['zod', 'fastify', 'ws', 'better-sqlite3', 'kysely', 'jose', 'oidc-provider', 'openid-client', 'oauth4webapi', 'koa'],
    node: 'any',
  },
  'src-agent': { folders: ['src-protocol', 'src-core', 'src-node'], packages: ['zod', 'ws', 'jose', 'openid-client'], node: 'any' },
  'src-main': {
    folders: ['src-protocol', 'src-core', 'src-node'],
    packages: [
      'electron',
      'electron-store',
      'openid-client',
      'ws',
      'better-sqlite3',
      'zod',
      'dbus-next',
      'jose',
      'yauzl',
      '@modelcontextprotocol/client',
    ],
    node: 'any',
  },
  'src-preload': { folders: ['src-protocol'], packages: ['electron'], node: 'none' },
  'src-renderer': {
    folders: ['src-protocol', 'src-core'],
    packages: [
      'react',
      'react-dom',
      'zod',
      '@mantine/core',
      '@mantine/hooks',
      '@mantine/spotlight',
      '@tanstack/react-router',
      '@tanstack/react-query',
      '@tanstack/react-virtual',
      'lucide-react',
      'sql-formatter',
      '@codemirror/autocomplete',
      '@codemirror/commands',
      '@codemirror/lang-yaml',
      '@codemirror/language',
      '@codemirror/lint',
      '@codemirror/merge',
      '@codemirror/state',
      '@codemirror/view',
      '@lezer/highlight',
      '@fontsource-variable/inter',
      '@fontsource-variable/jetbrains-mono',
    ],
    node: 'none',
  },
  'src-cli': {
    folders: ['src-protocol', 'src-core', 'src-node', 'src-gateway', 'src-agent', 'src-main'],
    packages: ['commander', 'zod'],
    node: 'any',
  },
  // the demo plays the parts of an administrator and of desktops, so it uses the desktop's services as they are
  demo: { folders: ['*'], packages: 'any', node: 'any' },
  test: { folders: ['*'], packages: 'any', node: 'any' },
}

const root = resolve(import.meta.dirname, '..')
const isTest = (file: string): boolean => /\.(?:test|fixture)\.tsx?$/.test(file)

interface Import {
  file: string
  from: string
  typeOnly: boolean
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => ['.ts', '.tsx'].includes(extname(file)) && !file.includes('node_modules'))
    .map((file) => join(folder, file))
}

/** Static imports and exports, dynamic imports and requires with a literal name. */
export function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const found: Import[] = []
  for (const match of code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm))
    found.push({ file, from: match[2]!, typeOnly: match[1] !== undefined })
  for (const match of code.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g))
    found.push({ file, from: match[1]!, typeOnly: false })
  return found
}

/** Why an import is not allowed, or undefined. */
export function violationOf({ file, from, typeOnly }: Import): string | undefined {
  const folder = file.split('/')[0]!
  const rule = rules[folder]
  if (!rule) return `${file}: ${folder} is not in the table`
  if (isTest(file)) return undefined
  if (from.startsWith('.')) {
    const target = relative(root, resolve(root, dirname(file), from)).split('/')[0]!
    if (target === folder || rule.folders.includes(target) || rule.folders.includes('*')) return undefined
    return `${file} imports ${from}: ${folder} may not import ${target}`
  }
  if (from.startsWith('node:') || builtinModules.includes(from)) {
    if (rule.node === 'any' || typeOnly || (Array.isArray(rule.node) && rule.node.includes(from))) return undefined
    return `${file} imports ${from}: Node's modules are not allowed here`
  }
  const name = from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : from.split('/')[0]!
  if (rule.packages === 'any' || rule.packages.includes(name)) return undefined
  return `${file} imports ${name}: ${folder} may not use this package`
}

const allImports = (): Import[] =>
  Object.keys(rules).flatMap((folder) => sourceFiles(folder).flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8'))))

describe('the folders are the architecture', () => {
  test.for(Object.keys(rules))('%s is not empty', (folder) => {
    expect(sourceFiles(folder).filter((file) => !isTest(file)).length).toBeGreaterThan(0)
  })

  test('every folder of source code is in the table', () => {
    const folders = readdirSync(root, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && (entry.name.startsWith('src-') || ['demo', 'test'].includes(entry.name)),
    )
    expect(folders.map((entry) => entry.name).toSorted()).toEqual(Object.keys(rules).toSorted())
  })

  test('imports point downwards only', () => {
    const imports = allImports()
    expect(imports.length).toBeGreaterThan(200)
    expect(imports.map(violationOf).filter((violation) => violation !== undefined)).toEqual([])
  })

  test('relative imports name files that exist', () => {
    const missing = allImports().filter(
      ({ file, from }) => from.startsWith('.') && /\.tsx?$/.test(from) && !existsSync(resolve(root, dirname(file), from)),
    )
    expect(missing).toEqual([])
  })

  test('what the window imports from src-core needs no Node module', () => {
    const reached = new Set<string>()
    const visit = (file: string) => {
      if (reached.has(file)) return
      reached.add(file)
      for (const { from, typeOnly } of importsOf(file, readFileSync(join(root, file), 'utf8'))) {
        if (typeOnly) continue
        expect(from.startsWith('node:') ? `${file} imports ${from}` : '').toBe('')
        if (from.startsWith('.')) {
          const target = relative(root, resolve(root, dirname(file), from))
          if (target.startsWith('src-') && /\.tsx?$/.test(target)) visit(target)
        }
      }
    }
    for (const file of sourceFiles('src-renderer').filter((name) => !isTest(name))) visit(file)
    expect(reached.size).toBeGreaterThan(10)
  })

  test('services of the desktop do not import electron', () => {
    const found = allImports().filter(({ file, from }) => file.startsWith('src-main/services/') && from.startsWith('electron'))
    expect(found).toEqual([])
  })
})

describe('a planted import is refused', () => {
  test.for([
    ['src-protocol/x.ts', "import { a } from '../src-core/a.ts'", 'may not import src-core'],
    ['src-core/policy/x.ts', "import { a } from '../../src-node/clock.ts'", 'may not import src-node'],
    ['src-core/x.ts', "import { readFileSync } from 'node:fs'", "Node's modules are not allowed here"],
    ['src-core/x.ts', "const fs = await import('node:fs')", "Node's modules are not allowed here"],
    ['src-gateway/x.ts', "export { a } from '../src-agent/main.ts'", 'may not import src-agent'],
    ['src-agent/x.ts', "import '../src-gateway/main.ts'", 'may not import src-gateway'],
    ['src-main/x.ts', "import { a } from '../src-gateway/main.ts'", 'may not import src-gateway'],
    ['src-preload/x.ts', "import fs from 'fs'", "Node's modules are not allowed here"],
    ['src-renderer/x.tsx', "import {\n  a,\n  b,\n} from '../src-main/services/desktop.ts'", 'may not import src-main'],
    ['src-renderer/x.tsx', "import { ipcRenderer } from 'electron'", 'may not use this package'],
    ['src-agent/x.ts', "import x from 'better-sqlite3'", 'may not use this package'],
  ] as const)('%s: %s', ([file, text, reason]) => {
    expect(importsOf(file, text).map(violationOf)).toEqual([expect.stringContaining(reason)])
  })
})
