import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SessionId } from '../../src-protocol/ids.ts'
import { createTamperWorld, tamperLog, tamperRecording, tamperRemoval, type TamperWorld, type Verdict } from './tamper-world.ts'

let world: TamperWorld
beforeAll(async () => {
  world = await createTamperWorld()
})
afterAll(() => world.close())

type Verdicts = Record<'check' | 'application' | 'pack', Verdict>
interface Attack {
  what: string
  run: () => Promise<Verdicts>
}

const recording = (what: string, change: (lines: string[]) => string[] | Promise<string[]>): Attack => ({
  what: `recording: ${what}`,
  run: () => tamperRecording(world, change),
})
const files = (what: string, change: (entries: Buffer[]) => Buffer[]): Attack => ({
  what: `log, by who can write its files: ${what}`,
  run: () => tamperLog(world, change, {}),
})
const signed = (
  what: string,
  change: (entries: Buffer[]) => Buffer[],
  signs: () => TamperWorld['privateKey'] = () => world.privateKey,
): Attack => ({
  what: `log, all of it made anew and signed: ${what}`,
  run: () => tamperLog(world, change, { signs: signs() }),
})
const flip = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('ended-by-operator', 'ended-by-reviewer'), 'latin1')

const attacks: Attack[] = [
  recording('a byte is flipped', (lines) => lines.with(3, lines[3]!.replace('SELECT', 'SELECt'))),
  recording('a record is deleted', (lines) => lines.toSpliced(3, 1)),
  recording('a record is inserted', (lines) => lines.toSpliced(3, 0, lines[3]!)),
  recording('records are reordered', (lines) => lines.with(3, lines[4]!).with(4, lines[3]!)),
  recording('the end is cut off', (lines) => lines.slice(0, -2)),
  recording('something is added behind its end', (lines) => [...lines, lines[1]!]),
  recording('it is swapped for that of another session', () => world.recordingLines(world.other)),
  recording('a record is swapped for that of another session', async (lines) =>
    lines.with(0, (await world.recordingLines(world.other))[0]!),
  ),
  files('a byte of an entry is flipped', (entries) => entries.with(2, flip(entries[2]!))),
  files('an entry is deleted', (entries) => entries.toSpliced(2, 1)),
  files('an entry is inserted', (entries) => entries.toSpliced(2, 0, entries[6]!)),
  files('entries are reordered', (entries) => entries.with(2, entries[3]!).with(3, entries[2]!)),
  files('the end is cut off', (entries) => entries.slice(0, -1)),
  signed(
    'with the key of somebody else',
    (entries) => entries,
    () => world.strangeKey,
  ),
  signed('rolled back to an earlier state', (entries) => entries.slice(0, -1)),
  signed('forked: an entry is another one', (entries) => entries.with(6, entries[3]!)),
  signed('forked: an entry is another one, and it has gone on since', (entries) => [...entries.with(6, entries[3]!), entries[6]!]),
  signed('forked: an entry is left out, and it has gone on since', (entries) => [...entries.toSpliced(1, 1), entries[6]!, entries[6]!]),
]

const rows: string[] = []
test.for(attacks)('$what: every verifier names it, with its place', { timeout: 60_000 }, async ({ what, run }) => {
  const { check, application, pack } = await run()
  expect([check, application, pack].filter((verdict) => verdict.startsWith('nothing'))).toEqual([])
  rows.push(`| ${[what, check, application, pack].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
})

/** What the log would say of the removal; by whatever rule. */
function removal(changed: { root?: string } = {}) {
  const closed = world.entries.findIndex((entry) => entry.includes('session.close'))
  const { session, count, root } = JSON.parse(String(world.entries[closed])) as { session: SessionId; count: number; root: string }
  return { kind: 'recording.removed' as const, session, count, root, closed, rule: 0, days: 1, ...changed }
}

const removals: { what: string; run: () => ReturnType<typeof tamperRemoval> }[] = [
  { what: 'it is deleted, and the log says nothing', run: () => tamperRemoval(world, {}) },
  { what: 'it is deleted, and claimed to be removed; the log says nothing', run: () => tamperRemoval(world, { claimed: true }) },
  {
    what: 'it is deleted, and who can write the files of the log adds an entry of its removal',
    run: () => tamperRemoval(world, { says: removal(), by: 'files' }),
  },
  {
    what: 'it is deleted, and who has the key lets the log say that it was removed: no rule says so',
    run: () => tamperRemoval(world, { says: removal(), by: 'key' }),
  },
  {
    what: 'it is deleted, and who has the key lets the log say so of another recording under its name',
    run: () => tamperRemoval(world, { says: removal({ root: '0'.repeat(64) }), by: 'key' }),
  },
]

const removalRows: string[] = []
test.for(removals)('a removal: $what: both verifiers name it, with its place', { timeout: 60_000 }, async ({ what, run }) => {
  const { check, pack } = await run()
  expect([check, pack].filter((verdict) => verdict.startsWith('nothing'))).toEqual([])
  removalRows.push(`| ${[what, check, pack].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
})

test('docs/tamper-matrix.md says what they said', async () => {
  const page = [
    '# Tamper matrix',
    '',
    'What each verifier says first when somebody changes what was recorded: the reason, and the place. Every cell is tried by',
    '`test/integration/tamper-matrix.test.ts`, which also compares this page with what it saw. In each case every verifier has the true key of the log and one',
    'checkpoint that was kept from before: the application has pinned it, the other two are given it (`--checkpoint`). Numbers of records and entries begin at 0.',
    '',
    'Who can write the files of the log has no key: hashes and checkpoint stay as they were. Who has a key makes everything anew, so that all of it fits; a pack',
    'that is altered has a manifest that fits, too.',
    '',
    '| what is done | `gatehouse log check` | the application | `verify.mjs` on a pack |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## Recordings that are gone',
    '',
    'A rule of retention removes recordings, and the log says so first ([retention](retention.md)). Here somebody takes one away and wants it to look like that.',
    'The application judges what it has: that something is not there it says only of its own library.',
    '',
    '| what is done | `gatehouse log check` | `verify.mjs` on a pack |',
    '|---|---|---|',
    ...removalRows,
    '',
  ]
  await expect(page.join('\n')).toMatchFileSnapshot('../../docs/tamper-matrix.md')
})
