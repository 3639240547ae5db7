/** The entry of a worker thread: the sums behind the overview, asked for one by one and answered by number. */
import { workerData } from 'node:worker_threads'
import { answerTasks } from '../recordings/answer-tasks.ts'
import { createOverviewTasks } from './overview-tasks.ts'

const { key, ...folders } = workerData as { data: string; log: string; recordings: string; key: string }
answerTasks(createOverviewTasks(folders, Buffer.from(key, 'base64')))
