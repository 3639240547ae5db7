/**
 * `node build/complete-lock-file.ts`, after a change of dependencies: names every optional platform package in package-lock.json.
 * Where a registry does not carry the binaries of all platforms, npm leaves them out of the lock file, and `npm ci` then refuses it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface LockedPackage {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}
export interface LockFile {
  packages: Record<string, LockedPackage>
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'win32']
/** longer names first: `arm64` is not `arm` */
const processors = ['loong64', 'riscv64', 'wasm32', 'arm64', 'ppc64', 's390x', 'ia32', 'x64', 'arm']

/** Optional dependencies that the lock file knows of but does not lock. */
export function missingPlatformPackages(lock: LockFile): { name: string; version: string; dev: boolean }[] {
  return Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {}, dev = false }]) =>
    Object.entries(optionalDependencies)
      .filter(
        ([name]) => lock.packages[`${path}/node_modules/${name}`] === undefined && lock.packages[`node_modules/${name}`] === undefined,
      )
      .map(([name, version]) => ({ name, version, dev })),
  )
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '..', 'package-lock.json')
  const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile
  const missing = missingPlatformPackages(lock)
  for (const { name, version, dev } of missing) {
    const os = systems.find((system) => name.includes(system))
    const cpu = processors.find((processor) => name.includes(`-${processor}`))
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(dev && { dev }),
      ...(name.includes('musl') ? { libc: ['musl'] } : os === 'linux' && { libc: ['glibc'] }),
      optional: true,
      ...(os && { os: [os] }),
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  process.stdout.write(`${missing.length} platform packages added\n`)
}
