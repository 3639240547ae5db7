/** The entry of a worker thread: the tasks of the archive, asked for one by one and answered by number. */
import { workerData } from 'node:worker_threads'
import { answerTasks } from './answer-tasks.ts'
import { createArchiveTasks } from './archive-tasks.ts'

answerTasks(createArchiveTasks(String((workerData as { folder: unknown }).folder)))
