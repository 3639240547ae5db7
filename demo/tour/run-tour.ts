import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startServices } from '../supervisor/services.ts'
import { createAlbum } from './album.ts'
import { auditorStory } from './auditor-story.ts'
import { operatorStory } from './operator-story.ts'
import { startNotificationWatch } from './notification-watch.ts'
import { searchForCanaries } from './search-for-canaries.ts'
import { reviewerStory } from './reviewer-story.ts'
import { openDesktopDriver, type DesktopDriver } from './desktop-driver.ts'

export interface TourOptions {
  root: string
  data: string
  output: string
  say: (text: string) => void
}

/** The main job without a person: operator, reviewer and auditor at their own desktops. Returns an exit code. */
export async function runTour({ root, data, output, say }: TourOptions): Promise<number> {
  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  const album = createAlbum(output, say)
  const services = await startServices({ root, data, reset: true, anyPorts: true, progress: (step) => say(`  · ${step}`) })
  const notifications = await startNotificationWatch()
  const open: DesktopDriver[] = []
  const openDesktop = async (name: string, colorScheme: 'light' | 'dark') => {
    const desktop = await openDesktopDriver({
      root,
      name,
      colorScheme,
      userData: services.layout.profile(name),
      gatewayUrl: services.gatewayUrl,
      env: notifications.env,
    })
    open.push(desktop)
    return desktop
  }
  try {
    const operator = await openDesktop('operator', 'light')
    say(
      `The desktops run on ${operator.runtime === 'electron' ? 'Electron' : 'the project’s host on Chromium; this is not a pass on Electron'}.`,
    )
    const reviewer = await openDesktop('reviewer', 'light')
    await reviewer.signIn('reviewer')
    const held = await operatorStory.untilHeld({ operator, album })
    await reviewerStory({ reviewer, album, operator, notifications })
    const session = await operatorStory.afterApproval({ operator, album, held, scratch: services.layout.scratch })

    const auditor = await openDesktop('auditor', 'dark')
    await auditorStory({ auditor, album, session, root, layout: services.layout, goOffline: () => services.stop() })

    searchForCanaries({ layout: services.layout, tokens: held.secrets, album })
    album.write()
    say(`\nThe pictures, the recording, its proof and a summary are in ${join(output)}.`)
    return 0
  } catch (error) {
    for (const desktop of open) await desktop.page.screenshot({ path: join(output, `failure-${desktop.name}.png`) }).catch(() => {})
    throw error
  } finally {
    for (const desktop of open) await desktop.close().catch(() => {})
    await notifications.stop()
    await services.stop()
  }
}
