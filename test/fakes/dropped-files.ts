import type { ImportState } from '../../src-protocol/desktop-library.ts'

/** Of several files the last opens, and the others stand in its note. */
export function droppedFiles(files: readonly File[]): ImportState {
  const names = files.map(({ name }) => name)
  return {
    state: 'finished',
    file: names.at(-1) ?? '',
    recordings: 2,
    failed: 0,
    others: names.slice(0, -1).map((file) => ({
      file,
      recordings: 0,
      failed: 0,
      problem: {
        code: 'FILE_UNKNOWN',
        message: `The file ${file} is no recording, evidence pack or proof: it begins like none of them.`,
        remedy:
          'Open a recording (.jsonl, with its proof and key beside it), an evidence pack (.zip, or its folder) or a proof (.tlog-proof).',
      },
    })),
  }
}
