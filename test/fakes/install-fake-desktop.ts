/** Puts the double where the preload would put the bridge: `/empty/jonas/index.html`. Built into pages under test only. */
import { createFakeDesktop, type FakeDesktop } from './fake-desktop.ts'
import { people } from './fake-people.ts'
import { scenarios, type PersonName } from './fake-scenario.ts'

declare global {
  interface Window {
    fakeDesktop: FakeDesktop
  }
}

const [, scenarioName, personName] = window.location.pathname.split('/')
const scenario = scenarios.find((name) => name === scenarioName) ?? 'full'
const as = (Object.keys(people) as PersonName[]).find((name) => name === personName) ?? 'priya'

window.fakeDesktop = createFakeDesktop({ scenario, person: people[as], now: Date.now() })
Object.defineProperty(window, 'gatehouse', {
  value: Object.freeze(window.fakeDesktop),
})
