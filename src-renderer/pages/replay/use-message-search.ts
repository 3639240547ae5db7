import { useDebouncedValue } from '@mantine/hooks'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'

interface MessageSearch {
  /** rows that contain the text, a bit for each; undefined while nothing is searched */
  matches: Uint8Array | undefined
  searching: boolean
}

/** Searches the whole text of the messages, in the library's index on this computer. */
export function useMessageSearch(session: SessionId, text: string): MessageSearch {
  const wanted = text.trim()
  const [settled] = useDebouncedValue(wanted, 20)
  const query = useDesktopQueryWith({
    channel: 'library:search',
    input: [{ session, text: settled }],
    enabled: settled !== '',
    keepPrevious: true,
  })
  const matches = settled === '' ? undefined : query.data?.bits
  return {
    matches: wanted === '' ? undefined : matches,
    searching: wanted !== '' && (wanted !== settled || query.isFetching),
  }
}
