import { existsSync } from 'node:fs'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { ArchiveTasks } from './archive-tasks.ts'
import { createTaskThread, type TaskThread } from './task-thread.ts'

export type ArchiveThread = TaskThread<ArchiveTasks>

/** Does the archive's tasks beside the event loop. */
export const createArchiveThread = ({ folder, scheduler }: { folder: string; scheduler: Scheduler }): ArchiveThread =>
  createTaskThread<ArchiveTasks>({ name: 'archive', file: archiveWorkerFile(), workerData: { folder }, scheduler })

/** Beside this module while it runs from its sources, beside the command where it is bundled (build/cli.vite.config.ts). */
function archiveWorkerFile(): URL {
  const source = new URL('archive-worker.ts', import.meta.url)
  return existsSync(source) ? source : new URL('archive-worker.js', import.meta.url)
}
