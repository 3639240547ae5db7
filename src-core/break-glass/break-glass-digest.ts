import { createHash } from 'node:crypto'
import { breakGlassInput, breakGlassTerms, type BreakGlassInput, type BreakGlassTerms } from '../../src-protocol/break-glass.ts'
import { canonicalJson } from '../approval/canonical-json.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What who opens signs, and who reviews it: SHA-256 (hex) over the canonical JSON of who, what for, how long and why. */
export const breakGlassDigest = (input: BreakGlassInput): string => sha256(canonicalJson(breakGlassInput.parse(input)))

/** A rule's version: its terms. */
export const breakGlassVersion = (terms: BreakGlassTerms): string => sha256(canonicalJson(breakGlassTerms.parse(terms)))
