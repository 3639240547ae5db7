import { existsSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { z } from 'zod'
import { isRecordingOf } from '../../src-node/recording-tree.ts'
import { recordingPaths } from '../../src-node/recording-paths.ts'
import type { SealedRecording } from '../recordings/archive-tasks.ts'
import { copiedLog, copyLog, isLogCopied } from './copy-log.ts'
import type { CopyTarget } from './copy-target.ts'

/** Where recordings lie in the copy. */
export const copiedRecordings = 'recordings'
/** By this file a copy is known again: a folder without it is another one, or its disk is not there. */
export const markFile = 'gatehouse-copy.json'
const marked = z.object({ origin: z.string(), mark: z.string() })

/** Work on the second copy: a thread of its own does it (copy-worker.ts). */
export interface CopyTasks {
  /** `mark`: of the copy that was begun there; undefined: it is begun now, in an empty folder */
  open(given: {
    origin: string
    mark?: string
    newMark: string
  }): Promise<{ state: 'open'; mark: string; head?: string } | { state: 'absent' | 'foreign' }>
  log(given: { checkpoint: string; cosigned?: string }): Promise<void>
  /** `unfit`: what is stored is not the recording of which the log knows; it is not copied */
  recording(sealed: SealedRecording): Promise<'copied' | 'unfit'>
  /** `mended`: the copy was not as it is in the store, and was written again; `unfit`: what is stored is not what the log knows */
  rescan(sealed: SealedRecording): Promise<'intact' | 'mended' | 'unfit'>
  /** the same for the log, which has come to this checkpoint */
  rescanLog(given: { checkpoint: string }): Promise<'intact' | 'mended'>
  remove(session: string): Promise<void>
}

export function createCopyTasks(target: CopyTarget, source: { recordings: string; log: string }): CopyTasks {
  const nameOf = (path: string) => `${copiedRecordings}/${relative(source.recordings, path).split(sep).join('/')}`
  const filesOf = (session: string) => {
    const { finished, compressed } = recordingPaths(source.recordings, session)
    return [compressed, finished]
  }

  return {
    async open({ origin, mark, newMark }) {
      const text = await target.read(markFile)
      const there = text && marked.safeParse(JSON.parse(Buffer.from(text).toString()))
      if (!there) {
        if (mark !== undefined) return { state: 'absent' }
        if (!(await target.isEmpty())) return { state: 'foreign' }
        await target.write(markFile, Buffer.from(`${JSON.stringify({ origin, mark: newMark })}\n`))
        return { state: 'open', mark: newMark }
      }
      // a copy of this log that another state had begun is taken on: what it has is compared with the log
      if (!there.success || there.data.origin !== origin || (mark !== undefined && there.data.mark !== mark)) return { state: 'foreign' }
      const head = await target.read(`${copiedLog}/checkpoint`)
      return { state: 'open', mark: there.data.mark, ...(head && { head: Buffer.from(head).toString() }) }
    },
    async log({ checkpoint, cosigned }) {
      await copyLog(source.log, target, checkpoint)
      if (cosigned !== undefined) await target.write(join(copiedLog, 'checkpoint.cosigned'), Buffer.from(cosigned))
    },
    async recording({ session, count, root }) {
      const file = filesOf(session).find((path) => existsSync(path))
      if (file === undefined || !(await isRecordingOf(file, { count, root }))) return 'unfit'
      await target.writeFile(nameOf(file), file)
      return 'copied'
    },
    async rescan({ session, count, root }) {
      const file = filesOf(session).find((path) => existsSync(path))
      if (file === undefined || !(await isRecordingOf(file, { count, root }))) return 'unfit'
      if (await target.isSame(nameOf(file), file)) return 'intact'
      await target.writeFile(nameOf(file), file)
      return 'mended'
    },
    async rescanLog({ checkpoint }) {
      if (await isLogCopied(source.log, target)) return 'intact'
      await copyLog(source.log, target, checkpoint, 0)
      return 'mended'
    },
    async remove(session) {
      for (const path of filesOf(session)) await target.remove(nameOf(path))
    },
  }
}
