import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openAnotherProfile } from './another-profile.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-profile-'))
afterAll(() => {
  delete process.env['GATEHOUSE_USER_DATA']
  rmSync(folder, { recursive: true })
})

/** stands in for the application: writes down how it was started */
function executable(): string {
  const path = join(folder, 'application')
  writeFileSync(
    path,
    `#!/bin/sh\nprintf '%s\\n' "$@" "env:$GATEHOUSE_USER_DATA" > '${folder}/started.part' && mv '${folder}/started.part' '${folder}/started'\n`,
  )
  chmodSync(path, 0o755)
  return path
}

test('the other profile is started with a folder of its own, and not with ours', async () => {
  process.env['GATEHOUSE_USER_DATA'] = '/data/Gatehouse'
  openAnotherProfile({
    executable: executable(),
    applicationPath: '/app',
    userData: '/data/Gatehouse',
    onFailed: (error) => expect.fail(error.message),
  })
  await vi.waitFor(() => expect(existsSync(join(folder, 'started'))).toBe(true))
  expect(readFileSync(join(folder, 'started'), 'utf8')).toBe('/app\n--user-data-dir=/data/Gatehouse-2\nenv:\n')
})

test('an executable that cannot be started is told', async () => {
  const problems: string[] = []
  openAnotherProfile({
    executable: join(folder, 'none'),
    applicationPath: undefined,
    userData: '/data/x',
    onFailed: (error) => problems.push(error.message),
  })
  await vi.waitFor(() => expect(problems).toEqual([expect.stringContaining('ENOENT')]))
})
