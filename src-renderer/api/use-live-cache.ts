import { useQueryClient } from '@tanstack/react-query'
import type { DesktopOutput } from '../../src-protocol/desktop-api.ts'
import { useDesktopEvent } from './use-desktop-event.ts'
import { desktopKey } from './use-desktop-query.ts'

type SessionDetail = DesktopOutput<'sessions:get'>

/** Replaces the item with the same key, or puts the new one first. */
export function upsert<T>(items: readonly T[], item: T, keyOf: (item: T) => unknown): T[] {
  const key = keyOf(item)
  const index = items.findIndex((candidate) => keyOf(candidate) === key)
  return index === -1 ? [item, ...items] : items.with(index, item)
}

/** Keeps cached answers true as main pushes what changed. Mounted once, by the shell. */
export function useLiveCache(): void {
  const client = useQueryClient()

  useDesktopEvent('state:changed', (state) => {
    const before = client.getQueryData<DesktopOutput<'state:get'>>(desktopKey('state:get'))
    client.setQueryData(desktopKey('state:get'), state)
    // Another person, or the gateway back again: nothing that was answered before may stay on the screen.
    const personChanged = before !== undefined && personOf(before) !== personOf(state)
    const reachableAgain = before !== undefined && !before.gateway.reachable && state.gateway.reachable
    if (personChanged || reachableAgain) void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'state:get' })
  })

  useDesktopEvent('approval:changed', (approval) => {
    client.setQueryData<DesktopOutput<'approvals:list'>>(
      desktopKey('approvals:list'),
      (list) => list && upsert(list, approval, (item) => item.id),
    )
    client.setQueryData(desktopKey('approvals:get', approval.id), approval)
  })

  useDesktopEvent('session:changed', (session) => {
    client.setQueryData<DesktopOutput<'sessions:list'>>(
      desktopKey('sessions:list'),
      (list) => list && upsert(list, session, (item) => item.id),
    )
    client.setQueryData<SessionDetail>(desktopKey('sessions:get', session.id), (detail) => detail && { ...detail, session })
    if (session.state === 'ended') void client.invalidateQueries({ queryKey: ['library:list'] })
  })

  useDesktopEvent('call:changed', (call) => {
    client.setQueryData<SessionDetail>(
      desktopKey('sessions:get', call.session),
      (detail) => detail && { ...detail, calls: upsert(detail.calls, call, (item) => item.seq) },
    )
  })

  useDesktopEvent('connections:changed', () => {
    for (const channel of ['connections:list', 'connections:tools', 'connections:tool'])
      void client.invalidateQueries({ queryKey: [channel] })
    void client.invalidateQueries({ queryKey: ['agents:list'] })
    void client.invalidateQueries({ queryKey: ['access:standings'] })
  })

  useDesktopEvent('access:changed', () => {
    for (const channel of ['access:standings', 'access:overview', 'access:rules', 'people:reach'])
      void client.invalidateQueries({ queryKey: [channel] })
  })

  useDesktopEvent('delegations:changed', () => {
    for (const channel of ['delegations:list', 'approvals:list']) void client.invalidateQueries({ queryKey: [channel] })
  })

  useDesktopEvent('break-glass:changed', () => {
    for (const channel of ['break-glass:overview', 'break-glass:rules']) void client.invalidateQueries({ queryKey: [channel] })
  })

  useDesktopEvent('storage:changed', () => {
    for (const channel of ['storage:health', 'retention:get']) void client.invalidateQueries({ queryKey: [channel] })
  })

  useDesktopEvent('policies:changed', () => {
    for (const channel of ['policies:list', 'policies:proposals']) void client.invalidateQueries({ queryKey: [channel] })
  })
}

function personOf(state: DesktopOutput<'state:get'>): string | undefined {
  return state.signIn.state === 'signed-in' ? state.signIn.person.sub : undefined
}
