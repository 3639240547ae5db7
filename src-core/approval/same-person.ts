import type { Person } from '../../src-protocol/model.ts'

type Known = Pick<Person, 'sub'> & { email?: string | undefined }

/**
 * Whether two accounts are of one person, as far as anybody can tell: somebody with two accounts must not approve what they asked for, nor
 * count twice (docs/decisions/0031).
 */
export const isSamePerson = (one: Known, other: Known): boolean =>
  one.sub === other.sub || (addressOf(one) !== '' && addressOf(one) === addressOf(other))

const addressOf = ({ email = '' }: Known): string => email.normalize('NFKC').trim().toLowerCase()
