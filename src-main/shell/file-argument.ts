import { isAbsolute, join } from 'node:path'

const opened = /\.(?:zip|jsonl|ndjson)$/i

/**
 * The recording or evidence pack on a command line, as an absolute path: what a file manager passes when a file is opened with the application.
 * @param cwd of whoever started it
 */
export function fileArgument(argv: readonly string[], cwd: string): string | undefined {
  const file = argv.slice(1).find((argument) => !argument.startsWith('-') && !argument.includes('://') && opened.test(argument))
  if (file === undefined || file.includes('\0')) return undefined
  return isAbsolute(file) ? file : join(cwd, file)
}
