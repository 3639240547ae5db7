import { expect, test } from 'vitest'
import { signInWay } from './sign-in-way.ts'

test('says what is known in words, and leaves the rest as the identity provider names it', () => {
  expect(signInWay(['phr'])).toBe('phishing-resistant')
  expect(signInWay(['phrh', 'urn:acme:gold'])).toBe('phishing-resistant and held in hardware or “urn:acme:gold”')
})
