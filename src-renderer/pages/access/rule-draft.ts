import { accessTerms, weekday, type AccessRule, type AccessTerms, type AccessWindow } from '../../../src-protocol/access.ts'

/** A rule as it is being written. */
export interface RuleDraft {
  connection: string
  title: string
  groups: string[]
  maxMinutes: number
  approvers: string[]
  reasonRequired: boolean
  ticketRequired: boolean
  ticketPattern: string
  /** whether it is open in certain windows only */
  scheduled: boolean
  zone: string
  windows: AccessWindow[]
}

export type RuleProblems = Partial<Record<'connection' | 'title' | 'maxMinutes' | 'zone' | 'windows', string>>

export const newWindow: AccessWindow = { days: weekday.options.slice(0, 5), from: '09:00', to: '17:00' }

export function draftOf(rule: AccessRule | undefined, zone: string): RuleDraft {
  const terms = rule?.terms
  return {
    connection: terms?.connection ?? '',
    title: terms?.title ?? '',
    groups: terms?.groups ?? [],
    maxMinutes: terms?.maxMinutes ?? 60,
    approvers: terms?.approvers ?? [],
    reasonRequired: terms?.reasonRequired ?? true,
    ticketRequired: terms?.ticketRequired ?? false,
    ticketPattern: terms?.ticketPattern ?? '',
    scheduled: terms?.schedule !== undefined,
    zone: terms?.schedule?.zone ?? zone,
    windows: terms?.schedule?.windows ?? [newWindow],
  }
}

/** What keeps the draft from being saved, by field. What only the gateway can know, it says. */
export function problemsOf(draft: RuleDraft): RuleProblems {
  return {
    ...(draft.connection === '' && { connection: 'Choose a connection.' }),
    ...(draft.title.trim() === '' && { title: 'Give it a name: operators choose it by that, and the log tells it.' }),
    ...(!(Number.isInteger(draft.maxMinutes) && draft.maxMinutes >= 1 && draft.maxMinutes <= 10_080) && {
      maxMinutes: 'From 1 to 10080, a week.',
    }),
    ...(draft.scheduled && !isZone(draft.zone) && { zone: 'An IANA time zone such as Europe/Berlin.' }),
    ...(draft.scheduled && draft.windows.some(({ days }) => days.length === 0) && { windows: 'Choose at least one day for each window.' }),
    ...(draft.scheduled &&
      draft.windows.some(({ from, to }) => !isTimeOfDay(from) || !isTimeOfDay(to)) && {
        windows: 'Write times in 24 hours, such as 09:00.',
      }),
  }
}

/** As it is sent. Throws on what `problemsOf` would have named. */
export function termsOf(draft: RuleDraft): AccessTerms {
  const { scheduled, zone, windows, ticketPattern, ...rest } = draft
  const pattern = ticketPattern.trim()
  return accessTerms.parse({
    ...rest,
    ...(draft.ticketRequired && pattern !== '' && { ticketPattern: pattern }),
    ...(scheduled && { schedule: { zone, windows } }),
  })
}

/** `09:30`, in 24 hours */
export const isTimeOfDay = (text: string): boolean => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text)

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
