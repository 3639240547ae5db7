import { accessPages } from './access-pages.ts'
import { administrationPages } from './administration-pages.ts'
import { documentPages } from './document-pages.ts'
import { inboxPages } from './inbox-pages.ts'
import { operatorPages } from './operator-pages.ts'
import { oversightPages } from './oversight-pages.ts'
import type { PageUnderTest } from './page-under-test.ts'
import { recordingPages } from './recording-pages.ts'

/** Every page worth looking at, in each state that it can be in. */
export const pagesUnderTest: readonly PageUnderTest[] = [
  ...operatorPages,
  ...inboxPages,
  ...accessPages,
  ...documentPages,
  ...administrationPages,
  ...recordingPages,
  ...oversightPages,
]
