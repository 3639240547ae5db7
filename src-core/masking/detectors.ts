import type { MaskingRule } from '../../src-protocol/policy-document.ts'
import type { Detector } from './detectors/detector.ts'
import { findCards } from './detectors/find-cards.ts'
import { findEmails } from './detectors/find-emails.ts'
import { findIbans } from './detectors/find-ibans.ts'
import { findIpAddresses } from './detectors/find-ip-addresses.ts'
import { findNationalIds } from './detectors/find-national-ids.ts'
import { findPhones } from './detectors/find-phones.ts'
import { findSecrets } from './detectors/find-secrets.ts'
import { findSsns } from './detectors/find-ssns.ts'

export type DetectorName = NonNullable<MaskingRule['detect']>[number]

/** Every detector runs in time linear in the text: its patterns have no nested or adjacent repetition without a bound. */
export const detectors: Record<DetectorName, Detector> = {
  card: ifDigits(12, findCards),
  iban: ifDigits(15, findIbans),
  email: findEmails,
  ssn: ifDigits(11, findSsns),
  phone: ifDigits(8, findPhones),
  ip: ifDigits(4, findIpAddresses),
  secret: findSecrets,
  'national-id': ifDigits(9, findNationalIds),
}

/** Most strings are short or hold no digit; this look is cheaper than any search. `shortest` is the length of the shortest find. */
function ifDigits(shortest: number, detector: Detector): Detector {
  return (text, found, field) => {
    if (text.length >= shortest && hasDigit(text)) detector(text, found, field)
  }
}

/** The detectors search the same text one after the other. */
let looked = { text: '', hasDigit: false }

function hasDigit(text: string): boolean {
  // a large text is not kept
  if (text.length > 10_000) return /\d/.test(text)
  if (text.length !== looked.text.length || text !== looked.text) looked = { text, hasDigit: /\d/.test(text) }
  return looked.hasDigit
}
