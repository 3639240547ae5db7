import { createSecretFilter } from './secret-filter.ts'

export interface ErrorTail {
  push(chunk: Buffer): void
  /** the end of what the server wrote to its standard error, without the secrets it was given */
  text(): string
}

const limit = 8 * 1024
/** how much longer a secret can get when it is escaped or encoded */
const longestNotation = 12

/** Keeps the last 8 KiB: enough to see why a server stopped. Servers like to print the connection string that failed. */
export function createErrorTail(secrets: readonly string[]): ErrorTail {
  let tail: Buffer = Buffer.alloc(0)
  let cut = false
  const longest = longestNotation * secrets.reduce((length, secret) => Math.max(length, Buffer.byteLength(secret)), 0)
  const filter = createSecretFilter(secrets)
  return {
    push(chunk) {
      const whole = Buffer.concat([tail, chunk])
      cut ||= whole.length > limit + longest
      // a secret that straddles the cut must still be found, so as much more is kept
      tail = whole.length > limit + longest ? Buffer.from(whole.subarray(-(limit + longest))) : whole
    },
    text() {
      const text = filter.clean(tail).toString('utf8')
      // it may begin with a piece of a secret, and be shorter than it was for those that were taken out
      return (cut ? text.slice(longest) : text).slice(-limit)
    },
  }
}
