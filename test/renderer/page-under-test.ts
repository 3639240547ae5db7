import type { Page } from 'playwright-core'
import type { PersonName, Scenario } from '../fakes/fake-scenario.ts'

export interface PageUnderTest {
  name: string
  /** behind the `#` */
  path: string
  as: PersonName
  scenario?: Scenario
  /** what to do before looking */
  prepare?: (page: Page) => Promise<void>
}

/** Where a served renderer shows the page: scenario and person stand in the path, as a query would become part of the route's. */
export function pageUrl(origin: string, { scenario = 'full', as, path }: PageUnderTest): string {
  return `${origin}/${scenario}/${as}/index.html#${path}`
}
