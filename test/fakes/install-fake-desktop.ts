/** Puts the double where the preload would put the bridge: `?scenario=empty&as=jonas`. Built into pages under test only. */
import { createFakeDesktop, type FakeDesktop } from './fake-desktop.ts'
import { people } from './fake-people.ts'
import { scenarios, type PersonName } from './fake-scenario.ts'

declare global {
  interface Window {
    fakeDesktop: FakeDesktop
  }
}

const search = new URLSearchParams(window.location.search)
const scenario = scenarios.find((name) => name === search.get('scenario')) ?? 'full'
const as = (Object.keys(people) as PersonName[]).find((name) => name === search.get('as')) ?? 'priya'

window.fakeDesktop = createFakeDesktop({ scenario, person: people[as], now: Date.now() })
Object.defineProperty(window, 'gatehouse', {
  value: Object.freeze({ invoke: window.fakeDesktop.invoke, subscribe: window.fakeDesktop.subscribe }),
})
