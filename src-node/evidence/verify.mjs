#!/usr/bin/env node
// Checks an evidence pack of Gatehouse with Node alone, without network and without anything else of this pack but its data.
//
//   node verify/verify.mjs [--key KEY] [--checkpoint FILE] [--witness KEY]… [--json] [FOLDER]
//
// FOLDER is the unpacked pack (default: the folder above this file). KEY is the verifier key of the log, got from somewhere else than the
// pack; without it the key in trust/ is used, and whoever made the pack could have made that too.
// FILE is a checkpoint of the log that you kept, such as log/end.checkpoint of an earlier pack: a log that does not continue it was rolled back
// or forked.
// Each witness whose KEY is given must have cosigned the log (c2sp.org/tlog-cosignature).
// Exit code: 0 verified, 1 not verified, 2 nothing could be checked.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const usage = `node verify/verify.mjs --key KEY [--checkpoint FILE] [--witness KEY]… [--json] [FOLDER]
FOLDER is the unpacked pack; without it, the one that this file is in. KEY is the verifier key of the log, got from somewhere else than the pack.
Exit code: 0 verified, 1 not verified, 2 nothing could be checked.
`
const options = parseArguments(process.argv.slice(2))
const problems = []
const checked = []
const notes = []
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const leafOf = (bytes) => sha256(Buffer.of(0), bytes)
const nodeOf = (left, right) => sha256(Buffer.of(1), left, right)
const fail = (place, sentence) => void problems.push({ place, sentence })
const pass = (sentence) => checked.push(sentence)
/** what an auditor should know of, and what may have a good reason */
const note = (place, sentence) => void notes.push({ place, sentence })

/** What a stranger wrote stays within its line, and says nothing to the terminal. */
const printable = (text) => text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '?')
const line = (text) => process.stdout.write(`${printable(text)}\n`)

try {
  run()
} catch (error) {
  const sentence = error instanceof Error ? error.message : String(error)
  if (problems.length === 0) {
    process.stderr.write(`nothing could be checked: ${printable(sentence)}\n`)
    process.exit(2)
  }
  // what was found before that is found all the same
  fail('the rest', `it could not be checked: ${sentence}`)
}
if (options.json) process.stdout.write(`${JSON.stringify({ verified: problems.length === 0, problems, notes, checked })}\n`)
else {
  for (const sentence of checked) line(`passed  ${sentence}`)
  for (const { place, sentence } of notes) line(`note    ${place}: ${sentence}`)
  for (const { place, sentence } of problems) line(`FAILED  ${place}: ${sentence}`)
  line(problems.length === 0 ? 'verified' : `not verified: ${problems.length} problems`)
}
process.exit(problems.length === 0 ? 0 : 1)

function run() {
  const manifest = JSON.parse(read('manifest.json').toString('utf8'))
  checkFiles(manifest)
  const keyAt = followRotations(readKey())
  const head = checkCheckpoint(read('log/end.checkpoint').toString('utf8'), keyAt)
  const { entries, known, range } = checkLog(manifest, head)
  checkPeriod(manifest, range, entries)
  const cosigned = readIfThere('log/cosigned.checkpoint')?.toString('utf8')
  if (cosigned !== undefined) checkKept(cosigned, 'log/cosigned.checkpoint', { head, known, keyAt })
  if (options.checkpoint !== undefined)
    checkKept(readFileSync(options.checkpoint, 'utf8'), 'the checkpoint that was given', { head, known, keyAt })
  checkWitnesses(cosigned ?? '')
  checkCounters(entries)
  checkUptime(entries)
  const removed = checkRemoved(entries, keyAt)
  checkSamples(manifest, entries, removed, keyAt)
  checkPopulations(manifest)
  checkSessions(entries, removed)
  checkTable('population/policies.csv', policyRows(entries))
  checkTable('population/approvals.csv', approvalRows(entries))
  checkExportProof(keyAt)
}

function read(path) {
  try {
    return readFileSync(join(options.folder, path))
  } catch (cause) {
    const where = path === 'manifest.json' ? `: ${options.folder} is not an unpacked pack` : ''
    throw new Error(`${path} cannot be read (${cause.code})${where}`, { cause })
  }
}

function readIfThere(path) {
  try {
    return read(path)
  } catch {
    return undefined
  }
}

/** Every file is the one that the manifest names, and there is none that it does not name. */
function checkFiles(manifest) {
  const named = new Map(manifest.files.map((file) => [file.path, file]))
  const apart = new Set(['manifest.json', 'manifest.json.tlog-proof'])
  let bad = 0
  const report = (path, sentence) => {
    bad += 1
    fail(path, sentence)
  }
  if (named.size !== manifest.files.length) report('manifest.json', 'it names a file twice')
  const there = new Set()
  for (const { path, isFile } of filesUnder(options.folder)) {
    // a link would be read as what it leads to, and a pipe never ends
    if (!isFile) throw new Error(`${printable(path)} is a link or a device, and a pack has none`)
    there.add(path)
    if (!named.has(path) && !apart.has(path)) report(path, 'the manifest does not name this file')
  }
  for (const { path, bytes, sha256: expected } of named.values()) {
    const content = there.has(path) ? readIfThere(path) : undefined
    if (content === undefined) report(path, 'it is missing')
    else if (content.length !== bytes || sha256(content).toString('hex') !== expected)
      report(path, 'it is not the file that the manifest names')
  }
  if (bad === 0) pass(`${named.size} files are those of the manifest`)
}

function* filesUnder(folder) {
  for (const name of readdirSync(folder).toSorted()) {
    const path = join(folder, name)
    const found = lstatSync(path)
    if (found.isDirectory()) yield* filesUnder(path)
    else yield { path: relative(options.folder, path).split(sep).join('/'), isFile: found.isFile() }
  }
}

/** C2SP verifier key: name+id+base64(0x01 ‖ Ed25519 key). */
function readKey() {
  const key = parseKey((options.key ?? read('trust/log.vkey').toString('utf8')).trim())
  pass(
    options.key === undefined ? 'the key is the one in the pack: compare it with one from elsewhere' : 'the key is the one that was given',
  )
  return key
}

/** @param type what the key signs: 1 notes of a log, 4 cosignatures of a witness */
function parseKey(text, type = 1) {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? []
  if (encoded === undefined) throw new Error('the verifier key has not the form name+id+base64')
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== 33 || bytes[0] !== type) throw new Error('the verifier key is not an Ed25519 key')
  const keyId = sha256(name, '\n', bytes).subarray(0, 4)
  if (keyId.toString('hex') !== id) throw new Error('the id of the verifier key does not belong to it')
  const publicKey = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes.subarray(1)]),
    format: 'der',
    type: 'spki',
  })
  return { text, name, keyId, publicKey }
}

/**
 * The keys of the log, one after the other: each entry that replaces a key is signed by the old one and by the new one, and stands in the log where it says
 * that it stands. @returns the key that may sign a tree of so many entries
 */
function followRotations(trusted) {
  const place = 'trust/rotations.json'
  const text = readIfThere(place)?.toString('utf8')
  const rotations = []
  const refuse = (sentence) => {
    fail(place, sentence)
    return () => trusted
  }
  for (const proof of text === undefined ? [] : listOf(text)) {
    const { entry, index, hashes, checkpoint } = parseProof(proof)
    const [statement, ...signatures] = String(parseEntry(entry).note).split('\n\n')
    const [header, origin, position, before, after] = `${statement}\n`.split('\n')
    const where = `log entry ${index}`
    if (header !== 'gatehouse key rotation v1' || origin !== trusted.name) return refuse(`${where} does not replace the key of this log`)
    const [from, to] = [keyOrNothing(before), keyOrNothing(after)]
    if (from === undefined || to === undefined) return refuse(`${where} does not name two keys`)
    const [note, previous] = [`${statement}\n\n${signatures.join('\n\n')}`, rotations.at(-1)]
    if (position !== String(index) || (previous && (previous.index >= index || previous.to.text !== from.text)))
      return refuse(`${where} is not in its place`)
    if (rotations.some((earlier) => earlier.from.text === to.text) || from.text === to.text)
      return refuse(`${where} brings back a key that was replaced`)
    if (!isSigned(note, from)) return refuse(`${where} is not signed by the key that it replaces`)
    if (!isSigned(note, to)) return refuse(`${where} is not signed by the new key`)
    rotations.push({ index, from, to, entry, hashes, checkpoint })
  }
  const keyAt = (size) => rotations.findLast(({ index }) => index < size)?.to ?? rotations[0]?.from ?? trusted
  if (rotations.length === 0) return keyAt
  if (!rotations.some(({ from, to }) => from.text === trusted.text || to.text === trusted.text))
    return refuse('no entry leads from the key that is trusted to the keys of this log')
  for (const { index, entry, hashes, checkpoint } of rotations) {
    const { size, root } = headOf(checkpoint)
    const included = foldPath(index, size, leafOf(entry), hashes)?.equals(root) === true
    if (!included || !isSigned(checkpoint, keyAt(size))) return refuse(`its proof does not show that entry ${index} is in the log`)
  }
  pass(`the key was replaced ${rotations.length} times, each time by an entry that the key before it signed`)
  return keyAt
}

function keyOrNothing(text) {
  try {
    return parseKey(text ?? '')
  } catch {
    return undefined
  }
}

/** Whether a note (C2SP) carries a signature by a key over its text with its final line feed. */
function isSigned(note, { name, keyId, publicKey }) {
  const gap = note.indexOf('\n\n')
  const text = note.slice(0, gap + 1)
  return note
    .slice(gap + 2)
    .split('\n')
    .some((line) => {
      const [, signer, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? []
      if (gap < 0 || signer !== name || encoded === undefined) return false
      const bytes = Buffer.from(encoded, 'base64')
      return bytes.subarray(0, 4).equals(keyId) && verify(null, Buffer.from(text), publicKey, bytes.subarray(4))
    })
}

function listOf(text) {
  try {
    return [JSON.parse(text)].flat()
  } catch {
    return ['']
  }
}

function headOf(note) {
  const [origin, size, root] = note.split('\n')
  return { origin, size: Number(size), root: Buffer.from(root ?? '', 'base64') }
}

/** C2SP checkpoint: origin, size, root; signed by the key that the log had then. @returns size and root */
function checkCheckpoint(note, keyAt, place = 'log/end.checkpoint') {
  const { origin, size, root } = headOf(note)
  const key = keyAt(size)
  if (!isSigned(note, key) || origin !== key.name) fail(place, 'it is not signed by the key of the log')
  else pass(`the checkpoint of ${size} entries is signed by ${key.name}`)
  return { size, root }
}

/** All entries of the period are there: with the hashes of what lies before and behind they give the root of the checkpoint. */
function checkLog(manifest, { size, root }) {
  const range = JSON.parse(read('log/range.json').toString('utf8'))
  // each entry is told once, by its bytes or by one hash: a second hash over the same entries would answer for them, whatever they say
  if (!areApart([...range.nodes, range], size)) fail('log/range.json', 'it has a hash over entries that something else tells, too')
  const entries = linesOf(read('log/entries.jsonl')).map((line, at) => {
    const { index, entry } = parseEntry(line)
    if (typeof entry !== 'string') fail('log/entries.jsonl', `line ${at + 1} cannot be read`)
    return { index, entry: String(entry) }
  })
  const known = new Map(range.nodes.map(({ start, end, hash }) => [`${start}-${end}`, Buffer.from(hash, 'base64')]))
  entries.forEach(({ index, entry }, at) => {
    if (index !== range.start + at) fail('log/entries.jsonl', `line ${at + 1} is entry ${index}, and ${range.start + at} was expected`)
    known.set(`${range.start + at}-${range.start + at + 1}`, leafOf(Buffer.from(entry, 'base64')))
  })
  const before = problems.length
  if (range.size !== size) fail('log/range.json', `it is about ${range.size} entries, the checkpoint about ${size}`)
  if (entries.length !== range.end - range.start) fail('log/entries.jsonl', `${range.end - range.start} entries were expected`)
  if (entries.length !== manifest.counts.entries) fail('log/entries.jsonl', `the manifest names ${manifest.counts.entries} entries`)
  const computed = rootOf(0, size, known)
  if (computed === undefined) fail('log/range.json', 'hashes are missing')
  else if (!computed.equals(root)) {
    fail(`log/entries.jsonl, entries ${range.start} to ${range.end - 1}`, 'the entries do not give the root of the checkpoint')
  }
  if (problems.length === before)
    pass(`all ${entries.length} log entries of the period are there (${range.start} to ${range.end - 1} of ${size})`)
  const parsedEntries = entries.map(({ index, entry }) => {
    const parsed = parseEntry(Buffer.from(entry, 'base64'))
    if (parsed.kind === undefined) fail(`log entry ${index}`, 'it cannot be read')
    return { index, ...parsed }
  })
  return { entries: parsedEntries, known, range: { ...range, root } }
}

/** Whether these ranges lie within a tree, and none over another. */
function areApart(ranges, size) {
  let last = 0
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start || one.end - other.end)) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < last || end < start || end > size) return false
    last = end
  }
  return true
}

/** The entries are all of the period: the one before them is older, and the one behind them is not. */
function checkPeriod(manifest, { start, end, size, root }, entries) {
  const { from, to } = manifest.query
  const [first, last] = [Date.parse(from), Date.parse(to)]
  const before = problems.length
  if (!(first < last)) fail('manifest.json', 'its period ends before it begins')
  const timeOf = (place, index) => {
    const { header, entry, index: position, hashes } = parseProof(readIfThere(place)?.toString('utf8') ?? '')
    const holds =
      header === 'c2sp.org/tlog-proof@v1' && position === index && foldPath(index, size, leafOf(entry), hashes)?.equals(root) === true
    return holds ? Date.parse(parseEntry(entry).at) : NaN
  }
  const [ahead, behind] = ['log/before.tlog-proof', 'log/after.tlog-proof']
  if (start > 0 && !(timeOf(ahead, start - 1) < first)) fail(ahead, `it does not show that entry ${start - 1} lies before the period`)
  if (end < size && !(timeOf(behind, end) >= last)) fail(behind, `it does not show that entry ${end} lies behind the period`)
  if (problems.length === before) pass(`they are all of the period from ${from} to ${to}, and of no shorter one`)
  if (end === size && !(Date.parse(entries.at(-1)?.at) >= last))
    note(
      'log/end.checkpoint',
      `the log of this pack ends at ${entries.at(-1)?.at}, before the period does: what was logged later is not in it`,
    )
}

/** The log continues a checkpoint that somebody else saw of it. */
function checkKept(note, place, { head, known, keyAt }) {
  const kept = checkCheckpoint(note, keyAt, place)
  if (kept.size > head.size) return fail(place, `the log had ${kept.size} entries, and has ${head.size} now: it was rolled back`)
  const computed = kept.size === head.size ? head.root : rootOf(0, kept.size, known)
  if (computed === undefined) return fail(place, `it is about ${kept.size} entries, which this pack cannot be compared with`)
  if (!computed.equals(kept.root))
    return fail(place, `the first ${kept.size} entries are not those that it was signed over: the log was forked`)
  return pass(`the log continues ${place}, of ${kept.size} entries`)
}

/** Cosignatures: the witness signed the time at which it saw the checkpoint, and the checkpoint. */
function checkWitnesses(note) {
  const gap = note.indexOf('\n\n')
  const text = note.slice(0, gap + 1)
  for (const witness of options.witnesses.map((given) => parseKey(given, 4))) {
    const times = note
      .slice(gap + 2)
      .split('\n')
      .flatMap((line) => {
        const [, signer, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? []
        const bytes = Buffer.from(encoded ?? '', 'base64')
        if (signer !== witness.name || bytes.length !== 76 || !bytes.subarray(0, 4).equals(witness.keyId)) return []
        const time = bytes.readBigUInt64BE(4)
        const message = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`)
        return verify(null, message, witness.publicKey, bytes.subarray(12)) ? [time] : []
      })
    if (times.length === 0) fail('log/cosigned.checkpoint', `it is not cosigned by ${witness.name}`)
    else pass(`${witness.name} cosigned the log on ${new Date(Number(times[0]) * 1000).toISOString()}`)
  }
}

/** RFC 9162, 2.1: the tree over the leaves from start to end, of whose complete subtrees some are known. */
function rootOf(start, end, known) {
  if (end === start) return sha256()
  const given = known.get(`${start}-${end}`)
  if (given !== undefined) return given
  if (end - start === 1) return undefined
  let point = 1
  while (point * 2 < end - start) point *= 2
  const left = rootOf(start, start + point, known)
  const right = rootOf(start + point, end, known)
  return left === undefined || right === undefined ? undefined : nodeOf(left, right)
}

/** Sessions are numbered without gaps. */
function checkCounters(entries) {
  const opened = new Map()
  let last
  let bad = 0
  for (const { index, kind, counter, session } of entries) {
    if (kind !== 'session.open' || opened.get(counter) === session) continue
    if (opened.has(counter) || (last !== undefined && counter !== last + 1)) {
      bad += 1
      fail(`log entry ${index}`, `the session has the number ${counter}, and ${last + 1} was expected`)
    }
    opened.set(counter, session)
    last = counter
  }
  if (bad === 0) pass(`the numbers of ${opened.size} sessions have no gap`)
}

/** When the gateway was up by its heartbeats, and whether its clock was set: beside the time of the wall they carry how long it has been up. */
function checkUptime(entries) {
  let [last, lastAt, beats] = [undefined, undefined, 0]
  const before = notes.length
  const failed = problems.length
  for (const { index, kind, at, moment, everySeconds, upMs } of entries) {
    const place = `log entry ${index}`
    const now = Date.parse(at)
    if (lastAt !== undefined && now < lastAt - 1000) note(place, 'it is older than the entry before it: the clock was set backwards')
    lastAt = now
    if (kind !== 'heartbeat') {
      if (last?.moment === 'stop' && kind !== 'key.rotate') fail(place, `it was written though the gateway had been stopped at ${last.at}`)
      if (last?.moment === 'stop' && kind !== 'key.rotate') last = undefined
      continue
    }
    beats += 1
    if (last !== undefined && moment === 'start') {
      const how = last.moment === 'stop' ? 'was stopped' : 'was last seen, and not stopped in order,'
      note(place, `the gateway ${how} at ${last.at} and started again at ${at}`)
    } else if (last !== undefined) {
      const up = upMs - last.upMs
      const moved = Math.round((now - Date.parse(last.at) - up) / 1000)
      if (moved > 5) note(place, `since ${last.at} the clock went ${moved} seconds ahead: it was set forwards, or the computer slept`)
      if (moved < -5) note(place, `since ${last.at} the clock fell ${-moved} seconds behind: it was set backwards`)
      if (up > 2000 * last.everySeconds) note(place, `the gateway was not heard of between ${last.at} and ${at}`)
    }
    last = { at, moment, everySeconds, upMs }
  }
  if (beats > 0 && notes.length === before && problems.length === failed) pass(`${beats} heartbeats without a gap`)
}

/** The sample is the one that the seed gives, and each recording the one whose root is in the log. */
function checkSamples(manifest, entries, removed, keyAt) {
  const selection = JSON.parse(read('sample/selection.json').toString('utf8'))
  const drawn = selection.population
    .map((session) => ({ session, rank: sha256(selection.seed, '\n', session).toString('hex') }))
    .toSorted((one, other) => (one.rank < other.rank ? -1 : 1))
    .slice(0, selection.size)
    .map(({ session }) => session)
  if (JSON.stringify(drawn) !== JSON.stringify(selection.selected))
    fail('sample/selection.json', 'it is not the sample that the seed gives')
  else if (selection.seed !== manifest.query.seed || selection.size !== manifest.query.sampleSize)
    fail('sample/selection.json', 'its seed or its size is not the one of the manifest')
  else
    pass(
      `the sample of ${drawn.length} of ${selection.population.length} sessions is the one that the seed gives: ${JSON.stringify(selection.seed)}, which must be yours`,
    )
  const closed = new Map(entries.filter(({ kind }) => kind === 'session.close').map((entry) => [entry.session, entry]))
  const population = new Set(selection.population)
  const stored = [...closed.keys()].filter((session) => !removed.has(session))
  const complete = population.size === stored.length && stored.every((session) => population.has(session))
  if (!complete) {
    fail('sample/selection.json', 'it was not drawn from all sessions that the log closed in the period, and of which it says no removal')
  }
  let good = 0
  for (const session of selection.selected) {
    const roots = entries.filter((entry) => entry.kind === 'session.checkpoint' && entry.session === session)
    if (checkRecording(session, closed.get(session), roots) && checkProof(session, closed.get(session), keyAt)) good += 1
  }
  if (good === selection.selected.length) pass(`${good} recordings have the root that is in the log`)
}

/** @param roots what the log says of the recording while it ran: they tell where it is not what it was */
function checkRecording(session, entry, roots) {
  const place = `sample/${session}/recording.jsonl`
  if (entry === undefined) return fail(place, 'the log does not close this session')
  const bytes = readIfThere(place)
  if (bytes === undefined) return fail(place, 'it is missing')
  if (bytes.at(-1) !== 10) return fail(place, 'its last line has no line feed')
  const lines = linesOf(bytes)
  const wrong = lines.findIndex((line, at) => seqOf(line) !== at)
  if (wrong >= 0) return fail(`${place} record ${wrong}`, 'it is not the record that belongs there')
  if (lines.length !== entry.count) return fail(place, `it has ${lines.length} records, the log says ${entry.count}`)
  const known = new Map(lines.map((line, at) => [`${at}-${at + 1}`, leafOf(line)]))
  let intact = 0
  for (const { count, root } of [...roots.toSorted((one, other) => one.count - other.count), entry]) {
    if (count > lines.length || rootOf(0, count, known)?.toString('hex') !== root) {
      return fail(`${place} records ${intact} to ${count - 1}`, 'they do not give the root that is in the log')
    }
    intact = count
  }
  const foreign = lines.findIndex((line) => !hasItsBody(line))
  if (foreign >= 0) return fail(`${place} record ${foreign}`, 'its body is not the one whose length and hash stand beside it')
  return true
}

function hasItsBody(line) {
  const { body, bytes, sha256: hash } = parseEntry(line)
  return body === undefined || (Buffer.byteLength(body) === bytes && sha256(body).toString('hex') === hash)
}

/** The proof beside a recording, for those who take it out of the pack, is of the entry that closes its session. */
function checkProof(session, close, keyAt) {
  const place = `sample/${session}/recording.tlog-proof`
  const { header, entry, index, hashes, checkpoint } = parseProof(readIfThere(place)?.toString('utf8') ?? '')
  const { origin, size, root } = headOf(checkpoint)
  const said = parseEntry(entry)
  const isOfIt = said.kind === 'session.close' && said.session === session && said.root === close.root && said.count === close.count
  const holds = header === 'c2sp.org/tlog-proof@v1' && foldPath(index, size, leafOf(entry), hashes)?.equals(root) === true
  if (isOfIt && holds && isSigned(checkpoint, keyAt(size)) && origin === keyAt(size).name) return true
  return fail(place, 'it does not show that the recording is in the log')
}

function seqOf(line) {
  try {
    return JSON.parse(line.toString('utf8')).seq
  } catch {
    return undefined
  }
}

/** The tables have as many rows as the manifest says. */
function checkPopulations(manifest) {
  let bad = 0
  for (const [path, rows] of Object.entries(manifest.counts.rows)) {
    const found = rowsOf(read(path).toString('utf8')) - 1
    if (found === rows) continue
    bad += 1
    fail(path, `it has ${found} rows, the manifest says ${rows}`)
  }
  if (bad === 0) pass(`${Object.keys(manifest.counts.rows).length} tables have as many rows as the manifest says`)
}

/** The table of the sessions says of each what the log says of it. */
function checkSessions(entries, removed) {
  const place = 'population/sessions.csv'
  const [columns, ...rows] = tableOf(place)
  const [session, recording] = ['session', 'recording'].map((name) => columns.indexOf(name))
  const opened = new Map()
  for (const entry of entries) if (entry.kind === 'session.open' && !opened.has(entry.session)) opened.set(entry.session, entry)
  const listed = new Map(rows.map((row) => [row[session], row]))
  const closed = new Map()
  for (const entry of entries) if (entry.kind === 'session.close' && !closed.has(entry.session)) closed.set(entry.session, entry)
  let bad = 0
  for (const [id, entry] of closed) {
    if (entry.endReason === 'recording-altered')
      fail(`log entry ${entry.index}`, `the recording of ${id} had been altered when the gateway was started again: its log says so`)
    const row = listed.get(id)
    const told = row?.[recording] ?? 'stored'
    if (row !== undefined && told !== (removed.has(id) ? `removed: log entry ${removed.get(id)}` : 'stored')) {
      bad += 1
      fail(place, `the recording of ${id} is missing: it is not there, and the log does not say that a rule of retention removed it`)
      continue
    }
    const logged = { root: entry.root, 'log entry': entry.index, 'end reason': entry.endReason, records: entry.count }
    const open = opened.get(id)
    // what is left of a session that began before the period stands in its recording only
    if (open !== undefined) {
      const { counter, person, connection, policyVersion, maskingVersion } = open
      Object.assign(logged, { number: counter, person, connection, 'policy version': policyVersion, 'masking version': maskingVersion })
    }
    if (row !== undefined && Object.entries(logged).every(([name, value]) => sameCell(row[columns.indexOf(name)], value))) continue
    bad += 1
    fail(place, `the session ${id} ${row === undefined ? 'is missing' : 'is not as the log says'}`)
  }
  if (listed.size !== rows.length || listed.size !== closed.size) {
    bad += 1
    fail(place, `it has ${rows.length} sessions, the log closed ${closed.size}`)
  }
  if (bad === 0) pass(`the table of the sessions is what the log says of ${closed.size} sessions`)
}

/** A cell as it stands in a table, where an apostrophe is before what a spreadsheet would take for a formula. */
function sameCell(cell, value) {
  const text = value === undefined || value === null ? '' : String(value)
  return cell === (/^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text)
}

/** A table that is made of the log alone has these rows and no others. */
function checkTable(place, expected) {
  const [header, ...rows] = tableOf(place)
  const wrong = rows.findIndex(
    (row, at) => !hasColumns(header, expected[at]) || !row.every((cell, column) => sameCell(cell, expected[at][column])),
  )
  if (wrong >= 0) fail(place, `row ${wrong + 1} is not what the log says`)
  else if (rows.length !== expected.length) fail(place, `it has ${rows.length} rows, and by the log it has ${expected.length}`)
  else pass(`${place} is what the log says`)
}

/** Packs of older gateways lack the last columns, of which their log has nothing either. */
function hasColumns(header, expected) {
  return expected !== undefined && header.length <= expected.length && expected.slice(header.length).every((value) => value === undefined)
}

function policyRows(entries) {
  return entries
    .filter(({ kind }) => kind === 'policy.version')
    .map(({ at, document, version, author, approvedBy, message, index, change }) =>
      [at, document, version, author, approvedBy, message, index].concat(changeCells(change)),
    )
}

function changeCells(change) {
  const { added, changed, removed } = change?.rules ?? {}
  const inPart = changed?.map(({ rule, parts }) => `${rule} (${parts.join(', ')})`)
  const names = [added, inPart, removed, change?.other].map((some) => some?.join('; '))
  return [change?.base, change?.linesAdded, change?.linesRemoved, ...names]
}

function approvalRows(entries) {
  const approvals = new Map()
  for (const entry of entries) {
    const known = approvals.get(entry.approval)
    if (entry.kind === 'approval.requested') approvals.set(entry.approval, { entry, approved: [], denied: [], names: [], state: 'pending' })
    else if (known === undefined) continue
    else if (entry.kind === 'break-glass.used') known.approved.push(entry.breakGlass)
    else if (entry.kind === 'approval.settled') Object.assign(known, { state: entry.state, settled: entry.at })
    else if (entry.kind === 'approval.vote') {
      const { decision, person, onBehalfOf } = entry.vote
      const decider = onBehalfOf ? `${person.sub} for ${onBehalfOf.sub}` : person.sub
      ;(decision === 'approve' ? known.approved : known.denied).push(decider)
      known.names.push(onBehalfOf ? `${person.name} for ${onBehalfOf.name}` : person.name)
    }
  }
  return [...approvals.values()].map(({ entry, approved, denied, names, state, settled }) => {
    const { at, approval, digest, index, input } = entry
    const { session, requester, connection, tool, rule, approvals: needed, groups, decideBy } = input
    const asked = [approval, at, session, requester, connection, tool, rule, needed, groups.join(' '), decideBy]
    return [...asked, approved.join(' '), denied.join(' '), state, settled, digest, index, names.join(', ')]
  })
}

/**
 * Recordings that a rule of retention removed: each by an entry of the log, of which the pack has the proof, wherever in the log it stands.
 * @returns session → that entry
 */
function checkRemoved(entries, keyAt) {
  const place = 'population/removed.csv'
  const removed = new Map()
  const [columns, ...rows] = tableOf(place)
  const closed = new Map()
  for (const entry of entries) if (entry.kind === 'session.close' && !closed.has(entry.session)) closed.set(entry.session, entry)
  for (const row of rows) {
    const id = row[columns.indexOf('session')]
    const problem = removalProblem(id, closed.get(id), { entries, keyAt, removed })
    if (problem !== undefined) fail(place, `that the recording of ${id} was removed is not shown: ${problem}`)
  }
  if (removed.size > 0 && removed.size === rows.length)
    note(place, `${removed.size} recordings were removed by a rule of retention, each by an entry of the log that names its root`)
  return removed
}

function removalProblem(id, close, { entries, keyAt, removed }) {
  if (close === undefined) return 'the log did not close this session in the period'
  const path = `removed/${id}.tlog-proof`
  const text = readIfThere(path)?.toString('utf8')
  if (text === undefined) return `${path} is missing`
  const { header, entry, index, hashes, checkpoint } = parseProof(text)
  const { origin, size, root } = headOf(checkpoint)
  if (!isSigned(checkpoint, keyAt(size)) || origin !== keyAt(size).name) return 'its checkpoint is not signed by the key of the log'
  const said = parseEntry(entry)
  if (header !== 'c2sp.org/tlog-proof@v1' || foldPath(index, size, leafOf(entry), hashes)?.equals(root) !== true)
    return 'its proof does not hold'
  if (said.kind !== 'recording.removed' || said.session !== id) return 'its proof is about something else'
  if (said.root !== close.root || said.count !== close.count || said.closed !== close.index) return 'another recording was removed'
  if (Date.parse(said.at) - Date.parse(close.at) < said.days * 86_400_000) return `it was younger than ${said.days} days`
  const hold = holdOver(id, close, index, entries)
  if (hold !== undefined) return `the hold ${hold} was in force`
  removed.set(id, index)
  return undefined
}

/** A hold in force when the entry at this index was written, as far as the entries of this pack tell. */
function holdOver(id, close, index, entries) {
  const opened = entries.find(({ kind, session }) => kind === 'session.open' && session === id)
  const holds = new Map()
  for (const entry of entries) {
    if (entry.index >= index) break
    const hold = holds.get(entry.hold)
    if (entry.kind === 'recording.hold') holds.set(entry.hold, { ...entry, asked: undefined })
    else if (entry.kind === 'recording.release-asked' && hold) hold.asked = entry.by
    else if (entry.kind === 'recording.release-refused' && hold) hold.asked = undefined
    else if (entry.kind === 'recording.released' && hold && (hold.approvals === 1 || (hold.asked !== undefined && hold.asked !== entry.by)))
      holds.delete(entry.hold)
  }
  // what was released behind the last entry of the pack, and before the removal, is not known here
  if (index > (entries.at(-1)?.index ?? -1) + 1) return undefined
  const at = Date.parse(close.at)
  for (const { hold, selection } of holds.values()) {
    const { sessions, person, connection, endedFrom, endedBefore } = selection
    const fits =
      (sessions === undefined || sessions.includes(id)) &&
      (person === undefined || person === opened?.person) &&
      (connection === undefined || connection === opened?.connection) &&
      (endedFrom === undefined || at >= Date.parse(endedFrom)) &&
      (endedBefore === undefined || at < Date.parse(endedBefore))
    if (fits) return hold
  }
  return undefined
}

/** The rows of a table, the names of its columns first. */
function tableOf(path) {
  const rows = parseCsv(readIfThere(path)?.toString('utf8') ?? '"')
  if (rows?.[0] !== undefined && rows.every((row) => row.length === rows[0].length)) return rows
  fail(path, 'it is not a table')
  return [[]]
}

/** RFC 4180. @returns undefined: it is none */
function parseCsv(text) {
  const rows = []
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y
  let row = []
  while (cell.lastIndex < text.length) {
    const [, content, end] = cell.exec(text) ?? []
    if (content === undefined) return undefined
    row.push(content.startsWith('"') ? content.slice(1, -1).replaceAll('""', '"') : content)
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

/** RFC 4180: a line feed inside quotes ends no row. */
function rowsOf(text) {
  let rows = 0
  let quoted = false
  for (const character of text) {
    if (character === '"') quoted = !quoted
    else if (character === '\n' && !quoted) rows += 1
  }
  return rows
}

/** That the pack was exported is itself in the log, with the hash of its manifest. */
function checkExportProof(keyAt) {
  const place = 'manifest.json.tlog-proof'
  const text = readIfThere(place)?.toString('utf8')
  if (text === undefined) {
    note(
      place,
      'it is not there: the log says nothing of this pack, as when it was made from a copy of the store. What only the recordings outside the sample could ' +
        'show, and the pages and tables that are made of them, is as good as who made the pack',
    )
    return
  }
  const { header, entry, index, hashes, checkpoint } = parseProof(text)
  const { size, root } = checkCheckpoint(checkpoint, keyAt, place)
  const parsed = parseEntry(entry)
  const included = header === 'c2sp.org/tlog-proof@v1' && foldPath(index, size, leafOf(entry), hashes)?.equals(root) === true
  if (!included || parsed.kind !== 'export.pack' || parsed.manifest !== sha256(read('manifest.json')).toString('hex')) {
    return fail(place, 'it does not show that this manifest is in the log')
  }
  return pass(`the export of this pack is entry ${index} of the log`)
}

/** C2SP tlog-proof: the entry, its place, the hashes beside its way to the root, and the checkpoint. */
function parseProof(text) {
  const gap = text.indexOf('\n\n')
  const [header, extra, position, ...path] = text.slice(0, gap).split('\n')
  return {
    header,
    entry: Buffer.from((extra ?? '').replace(/^extra /, ''), 'base64'),
    index: Number((position ?? '').replace(/^index /, '')),
    hashes: path.map((line) => Buffer.from(line, 'base64')),
    checkpoint: text.slice(gap + 2),
  }
}

/** @returns an object, whatever the bytes are */
function parseEntry(bytes) {
  try {
    return Object(JSON.parse(bytes.toString('utf8')))
  } catch {
    return {}
  }
}

/** RFC 9162, 2.1.3.2 */
function foldPath(index, size, leaf, path) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined
  let [fn, sn, hash] = [index, size - 1, leaf]
  for (const sibling of path) {
    if (sn === 0) return undefined
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeOf(sibling, hash)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)]
    } else hash = nodeOf(hash, sibling)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 ? hash : undefined
}

/** Lines without their LF; what stands behind the last LF is no line. */
function linesOf(bytes) {
  const lines = []
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  if (start < bytes.length) lines.push(bytes.subarray(start))
  return lines
}

function parseArguments(given) {
  const parsed = {
    folder: resolve(dirname(fileURLToPath(import.meta.url)), '..'),
    key: undefined,
    checkpoint: undefined,
    witnesses: [],
    json: false,
  }
  for (let at = 0; at < given.length; at += 1) {
    if (given[at] === '--json') parsed.json = true
    else if (given[at] === '--key') parsed.key = valueOf(given, (at += 1))
    else if (given[at] === '--witness') parsed.witnesses.push(valueOf(given, (at += 1)))
    else if (given[at] === '--checkpoint') parsed.checkpoint = resolve(valueOf(given, (at += 1)))
    else if (given[at] === '--help' || given[at] === '-h') {
      process.stdout.write(usage)
      process.exit(0)
    } else if (given[at].startsWith('-')) misused(`there is no option ${given[at]}`)
    else parsed.folder = resolve(given[at])
  }
  return parsed
}

function valueOf(given, at) {
  return given[at] ?? misused(`${given[at - 1]} needs a value`)
}

/** Left out, a key or a checkpoint would not be checked, and nobody would see it. */
function misused(problem) {
  process.stderr.write(`nothing could be checked: ${problem}\n${usage}`)
  process.exit(2)
}
