import { z } from 'zod'

/** An object in a file that people write: a key that is not known here is refused, and those that are known are named. */
export function section<S extends z.core.$ZodShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error(issue) {
      if (issue.code !== 'unrecognized_keys') return undefined
      const keys = issue.keys.map((key) => JSON.stringify(key))
      return `Unrecognized ${keys.length === 1 ? 'key' : 'keys'}: ${keys.join(', ')} (known here: ${known})`
    },
  })
}
