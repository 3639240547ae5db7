/** The entry of a worker thread: the work on the second copy, asked for step by step and answered by number. */
import { workerData } from 'node:worker_threads'
import { answerTasks } from '../recordings/answer-tasks.ts'
import { createCopyTasks } from './copy-tasks.ts'
import { folderTarget } from './copy-target.ts'

const { recordings, log, folder } = workerData as { recordings: string; log: string; folder: string }
answerTasks(createCopyTasks(folderTarget(folder), { recordings, log }))
