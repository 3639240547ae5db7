import { spawn } from 'node:child_process'
import { nextUserData } from './user-data.ts'

/** Starts the application once more with a folder of its own. If that profile already runs, its window comes up. */
export function openAnotherProfile(options: {
  executable: string
  applicationPath: string | undefined
  userData: string
  onFailed: (error: Error) => void
}): void {
  const { GATEHOUSE_USER_DATA: _ours, ...env } = process.env
  const application = options.applicationPath === undefined ? [] : [options.applicationPath]
  const child = spawn(options.executable, [...application, `--user-data-dir=${nextUserData(options.userData)}`], {
    detached: true,
    stdio: 'ignore',
    env,
  })
  child.on('error', options.onFailed)
  child.unref()
}
