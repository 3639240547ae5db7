import { useState } from 'react'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { stepSearch } from './message-search.ts'

interface MessageSearch {
  /** rows that contain `found`, a bit for each; undefined while nothing is searched */
  matches: Uint8Array | undefined
  /** the text that `matches` is about: what is marked in the messages */
  found: string | undefined
  searching: boolean
}

/** Searches the whole text of the messages, in the library's index on this computer. */
export function useMessageSearch(session: SessionId, text: string): MessageSearch {
  const [{ asked, answered }, setState] = useState({ asked: '', answered: '' })
  const { isFetching, isError, isPlaceholderData, data } = useDesktopQueryWith({
    channel: 'library:search',
    input: [{ session, text: asked }],
    enabled: asked !== '',
    keepPrevious: true,
  })
  const answer = isFetching || isPlaceholderData || asked === '' ? 'waiting' : isError ? 'failed' : 'here'
  const next = stepSearch({ wanted: text.trim(), asked, answered, answer })
  if (next.asked !== asked || next.answered !== answered) setState({ asked: next.asked, answered: next.answered })
  const matches = next.answered === '' ? undefined : data?.bits
  return { matches, found: matches === undefined ? undefined : next.answered, searching: next.searching }
}
