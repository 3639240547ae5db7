import { isAbsolute, join } from 'node:path'

const opened = /\.(?:zip|jsonl|ndjson|tlog-proof)$/i
const most = 200

/**
 * The recordings, evidence packs and proofs on a command line, as absolute paths: what a file manager passes when files are opened with the application.
 * @param cwd of whoever started it
 */
export function fileArguments(argv: readonly string[], cwd: string): string[] {
  return argv
    .slice(1)
    .filter((argument) => !argument.startsWith('-') && !argument.includes('://') && !argument.includes('\0') && opened.test(argument))
    .slice(0, most)
    .map((file) => (isAbsolute(file) ? file : join(cwd, file)))
}
