import { basename, dirname, extname } from 'node:path'

/**
 * What of many files that were dropped together is to be opened: a recording is read with the proof and the keys that lie beside it, so those are none of their
 * own if it was dropped too.
 */
export function filesToOpen(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)]
  const nameOf = (path: string) => `${dirname(path)}/${basename(path, extname(path))}`
  const recordings = unique.filter((path) => /\.(?:jsonl|ndjson)$/i.test(path))
  const withRecording = new Set(recordings.map(nameOf))
  const folders = new Set(recordings.map((path) => dirname(path)))
  return unique.filter((path) => {
    if (/\.tlog-proof$/i.test(path)) return !withRecording.has(nameOf(path))
    if (/\.pub$|\.rotations\.json$/i.test(path)) return !folders.has(dirname(path))
    return true
  })
}
