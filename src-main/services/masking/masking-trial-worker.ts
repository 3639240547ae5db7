/** The entry of a thread that tries one masking document on one response, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { tryMasking } from '../../../src-core/masking/try-masking.ts'
import type { MaskingTrial } from '../../../src-protocol/masking-trial.ts'

parentPort?.postMessage(tryMasking(workerData as MaskingTrial), [])
