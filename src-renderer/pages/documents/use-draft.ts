import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { DocumentKind } from './document-kind.ts'

export interface Draft {
  text: string
  /** the version it was started from; undefined: from nothing */
  base: string | undefined
}

/** The draft of a document, kept in memory while the window is open, so that looking elsewhere does not lose it. */
export function useDraft(kind: DocumentKind): { draft: Draft | undefined; setDraft: (draft: Draft | undefined) => void } {
  const client = useQueryClient()
  const key = ['draft', kind]
  const { data } = useQuery<Draft | null>({ queryKey: key, queryFn: () => null, initialData: null, gcTime: Infinity, enabled: false })
  return { draft: data ?? undefined, setDraft: (draft) => client.setQueryData(key, draft ?? null) }
}
