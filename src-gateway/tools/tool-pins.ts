import {
  hashToDecide,
  decideTool,
  isWaiting,
  noteListing,
  seeTool,
  type ListingEra,
  type SeenTool,
  type ToolPin,
} from '../../src-core/mcp/tool-pin.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { LogEntryDraft, TransparencyLog } from '../../src-node/log-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { ToolDecisionRequest } from '../../src-protocol/http-requests.ts'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { NewTools, Person, PinnedTool, PinnedToolDetail } from '../../src-protocol/model.ts'
import { describePin, describePinInDetail } from './describe-pin.ts'
import type { PinStore } from './pin-store.ts'

/** What a page of a server's tools told. */
export interface ToolSighting {
  connection: ConnectionName
  session: SessionId
  era: ListingEra
  tools: readonly SeenTool[]
  /** the names of all pages of the list, once its last page was seen */
  complete?: ReadonlySet<string>
  /** the definition that is in force as it would look under the masking rules of now */
  maskAgain: (definition: string) => string
}

/** Of one connection, as the hot path sees it. */
export interface ConnectionPins {
  pin(tool: string): ToolPin | undefined
  /** another hash of the same definition: masked by other rules than when it was pinned */
  isSame(pin: ToolPin, hash: string): boolean
  /** whether clients of this era were ever shown the whole list */
  isListed(era: ListingEra): boolean
}

export interface ToolPins {
  /** at start, before the first message */
  load(): Promise<void>
  of(connection: string): ConnectionPins
  /**
   * Takes note of what was listed. What it means holds at once (`of`); the returned promise resolves when it is logged and stored,
   * and only then may the list be delivered.
   */
  saw(sighting: ToolSighting): Promise<void>
  configure(connection: string, newTools: NewTools): void
  waiting(connection: string): number
  list(connection: string): PinnedTool[]
  /** @throws AppError NOT_FOUND */
  detail(connection: string, tool: string): PinnedToolDetail
  /** @throws AppError NOT_FOUND, CONFLICT (another definition was listed than the one that was looked at) */
  decide(connection: ConnectionName, request: ToolDecisionRequest, by: Person): Promise<PinnedTool>
  /** the connection is gone */
  forget(connection: string): Promise<void>
}

export interface ToolPinsPorts {
  store: PinStore
  log: TransparencyLog
  clock: Clock
  /**
   * There is something new to see. `decided`: by an administrator, so that running clients may list the tools again. What a list showed must not
   * make others list: with a server that says something else each time, they would never stop.
   */
  onChanged: (connection: string, cause: 'seen' | 'decided') => void
}

/** What one connection can make the gateway remember; what is beyond it is neither shown nor called. */
export const pinLimits = { tools: 2000, totalCharacters: 8_000_000, definitionCharacters: 131_072, nameCharacters: 256 }
/** So that an entry of the log stays small, whatever the names are made of. */
const pinsInEntry = 20

interface Remembered {
  pins: Map<string, ToolPin>
  sameHashes: Map<string, Set<string>>
  listed: Set<ListingEra>
  newTools: NewTools
  characters: number
  /** one change after the other, in the order in which they were seen */
  tail: Promise<unknown>
  view: ConnectionPins
}

export function createToolPins({ store, log, clock, onChanged }: ToolPinsPorts): ToolPins {
  const connections = new Map<string, Remembered>()
  const remembered = (connection: string): Remembered => {
    const known = connections.get(connection)
    if (known) return known
    const [pins, sameHashes, listed] = [new Map<string, ToolPin>(), new Map<string, Set<string>>(), new Set<ListingEra>()]
    const view: ConnectionPins = {
      pin: (tool) => pins.get(tool),
      isSame: (pin, hash) => pin.hash === hash || sameHashes.get(pin.tool)?.has(hash) === true,
      isListed: (era) => listed.has(era),
    }
    const fresh: Remembered = { pins, sameHashes, listed, newTools: 'accept', characters: 0, tail: Promise.resolve(), view }
    connections.set(connection, fresh)
    return fresh
  }
  const put = (of: Remembered, pin: ToolPin): void => {
    of.characters += charactersOf(pin) - charactersOf(of.pins.get(pin.tool))
    of.pins.set(pin.tool, pin)
  }
  const inOrder = <T>(of: Remembered, task: () => Promise<T>): Promise<T> => {
    const turn = of.tail.then(task)
    of.tail = turn.catch(() => {})
    return turn
  }
  const find = (connection: string, tool: string): ToolPin => {
    const pin = connections.get(connection)?.pins.get(tool)
    if (!pin) throw new AppError('NOT_FOUND', { what: `A tool of that name on ${connection}` })
    return pin
  }

  return {
    async load() {
      for (const { name, newTools, listed } of await store.connections()) {
        const of = remembered(name)
        of.newTools = newTools
        for (const era of listed) of.listed.add(era)
      }
      for (const { connection, pin } of await store.pins()) put(remembered(connection), pin)
    },

    of: (connection) => remembered(connection).view,

    saw({ connection, session, era, tools, complete, maskAgain }) {
      const of = remembered(connection)
      const at = timestampOf(clock.now())
      const context = { at, era, listedBefore: of.listed.size > 0, newTools: of.newTools }
      const changed = new Map<string, ToolPin>()
      const entries: LogEntryDraft[] = []
      const fresh: ToolPin[] = []
      for (const seen of tools) {
        const known = of.pins.get(seen.name)
        if (!isUsable(seen) || (!known && !hasRoom(of, seen))) continue
        const sighting = seeTool(known, isSameAgain(of, known, seen, maskAgain) ? { ...seen, hash: known!.hash } : seen, context)
        if (sighting.pin === known) continue
        if (sighting.event === 'changed' && !hasRoom(of, seen, true)) continue
        put(of, sighting.pin)
        changed.set(seen.name, sighting.pin)
        if (sighting.event === 'pinned') fresh.push(sighting.pin)
        else if (sighting.event === 'changed' || sighting.event === 'restored') {
          const hash = sighting.event === 'changed' ? seen.hash : (known?.candidate?.hash ?? seen.hash)
          entries.push({ kind: `tool.${sighting.event}`, connection, session, tool: seen.name, hash, pinned: sighting.pin.hash })
        }
      }
      for (let start = 0; start < fresh.length; start += pinsInEntry) {
        const pinned = fresh.slice(start, start + pinsInEntry)
        const logged = pinned.map(({ tool, hash, standing }) => ({ tool, hash, held: standing === 'held' }))
        entries.push({ kind: 'tool.pinned', connection, session, tools: logged })
      }
      const newlyListed = complete !== undefined && !of.listed.has(era)
      if (complete) {
        of.listed.add(era)
        for (const pin of of.pins.values()) {
          const noted = noteListing(pin, complete.has(pin.tool), era, at)
          if (noted === pin) continue
          of.pins.set(pin.tool, noted)
          changed.set(pin.tool, noted)
        }
      }
      const listed = [...of.listed]
      if (changed.size === 0 && !newlyListed) return of.tail.then(() => undefined)
      return inOrder(of, async () => {
        await Promise.all(entries.map((entry) => log.append(entry)))
        await store.put(connection, [...changed.values()])
        if (newlyListed) await store.listed(connection, listed)
        onChanged(connection, 'seen')
      })
    },

    configure(connection, newTools) {
      remembered(connection).newTools = newTools
    },

    waiting: (connection) => [...(connections.get(connection)?.pins.values() ?? [])].filter(isWaiting).length,

    list: (connection) =>
      [...(connections.get(connection)?.pins.values() ?? [])].map(describePin).toSorted((one, other) => (one.tool < other.tool ? -1 : 1)),

    detail: (connection, tool) => describePinInDetail(find(connection, tool)),

    decide(connection, { tool, decision, hash, reason }, by) {
      return inOrder(remembered(connection), async () => {
        const looked = find(connection, tool)
        assertSeen(looked, hash)
        await log.append({
          kind: decision === 'accept' ? 'tool.accepted' : 'tool.rejected',
          connection,
          tool,
          hash,
          pinned: looked.hash,
          by: by.sub,
          reason,
        })
        // while it was logged the server may have listed yet another definition: the decision is about the one that was looked at
        const pin = find(connection, tool)
        assertSeen(pin, hash)
        const decided = decideTool(pin, { decision, by: by.name, at: timestampOf(clock.now()), reason })
        const of = remembered(connection)
        put(of, decided)
        of.sameHashes.delete(tool)
        await store.put(connection, [decided])
        onChanged(connection, 'decided')
        return describePin(decided)
      })
    },

    async forget(connection) {
      const of = connections.get(connection)
      connections.delete(connection)
      // what is still being stored must not stay behind
      await of?.tail
      await store.forget(connection)
    },
  }
}

function assertSeen(pin: ToolPin, hash: string): void {
  if (hashToDecide(pin) !== hash) {
    throw new AppError('CONFLICT', { problem: 'The server has listed another definition of this tool since you looked at it' })
  }
}

const charactersOf = (pin: ToolPin | undefined): number => (pin ? pin.definition.length + (pin.candidate?.definition.length ?? 0) : 0)

export const isUsable = ({ name, definition }: SeenTool): boolean =>
  name !== '' && name.length <= pinLimits.nameCharacters && definition.length <= pinLimits.definitionCharacters

const hasRoom = (of: Remembered, { definition }: SeenTool, known = false): boolean =>
  (known || of.pins.size < pinLimits.tools) && of.characters + definition.length <= pinLimits.totalCharacters

/** What was pinned under other masking rules is the same if these rules make the same of it: our change is not the server's. */
function isSameAgain(of: Remembered, pin: ToolPin | undefined, seen: SeenTool, maskAgain: (definition: string) => string): boolean {
  if (!pin || pin.hash === seen.hash) return false
  const same = of.sameHashes.get(seen.name)
  if (same?.has(seen.hash)) return true
  if (maskAgain(pin.definition) !== seen.definition) return false
  of.sameHashes.set(seen.name, new Set([...(same ?? []), seen.hash]))
  return true
}
