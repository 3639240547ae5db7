import { basename, dirname, isAbsolute, join, resolve } from 'node:path'

export type UserData = { ok: true; folder: string } | { ok: false; reason: 'profile-name' | 'empty-folder' }

/**
 * Where this run keeps its files: GATEHOUSE_USER_DATA, else `--user-data-dir`, else `--profile NAME` beside the default folder.
 * Two folders are two people: each has its own single instance, sign-in and library.
 */
export function decideUserData(input: { argv: readonly string[]; env: NodeJS.ProcessEnv; defaultFolder: string; cwd: string }): UserData {
  const configured = input.env['GATEHOUSE_USER_DATA'] ?? valueOf('--user-data-dir', input.argv)
  if (configured !== undefined) {
    if (configured === '') return { ok: false, reason: 'empty-folder' }
    return { ok: true, folder: isAbsolute(configured) ? configured : resolve(input.cwd, configured) }
  }
  const profile = valueOf('--profile', input.argv)
  if (profile === undefined) return { ok: true, folder: input.defaultFolder }
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(profile)) return { ok: false, reason: 'profile-name' }
  return { ok: true, folder: `${input.defaultFolder}-${profile}` }
}

/** The folder of "another profile": the next number after this one's, so that asking twice shows the one already open. */
export function nextUserData(folder: string): string {
  const [, name = '', number] = /^(.*?)(?:-(\d{1,3}))?$/.exec(basename(folder)) ?? []
  return join(dirname(folder), `${name}-${number === undefined ? 2 : Number(number) + 1}`)
}

/** `--name=value` or `--name value`. */
function valueOf(name: string, argv: readonly string[]): string | undefined {
  for (const [at, argument] of argv.entries()) {
    if (argument.startsWith(`${name}=`)) return argument.slice(name.length + 1)
    if (argument === name) return argv[at + 1] ?? ''
  }
  return undefined
}
