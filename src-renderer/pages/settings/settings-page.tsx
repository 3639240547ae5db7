import { SegmentedControl, Switch } from '@mantine/core'
import type { ReactNode } from 'react'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Hash } from '../../components/hash.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { AwayPanel } from './away-panel.tsx'
import { GatewaySetting } from './gateway-setting.tsx'
import { WitnessesPanel } from './witnesses-panel.tsx'
import { LibraryPanel } from './library-panel.tsx'
import { QuietHoursSetting, ReminderSetting } from './quiet-hours-setting.tsx'
import { useMayBreakGlass } from '../break-glass/use-break-glass.ts'
import { ReviewerKeySetting } from './reviewer-key-setting.tsx'
import { StoragePanel } from './storage-panel.tsx'
import styles from './settings.module.css'

const schemes = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

/** What this computer remembers about how the person works. No secret is among it. */
export function SettingsPage() {
  const { preferences, version, runtime, platform, pinned, signIn } = useDesktopState()
  const save = useDesktopMutation('preferences:set')
  const mayBreakGlass = useMayBreakGlass()
  return (
    <div className="page">
      <PageHeader title="Settings" />
      <div className={`page-body ${styles.panels}`}>
        {save.error !== null && <ErrorNote error={save.error} />}
        <Panel title="Appearance">
          <Setting title="Theme" sentence="Both themes have the same contrast.">
            <SegmentedControl
              aria-label="Theme"
              data={[...schemes]}
              value={preferences.colorScheme}
              onChange={(colorScheme) => save.mutate({ colorScheme })}
            />
          </Setting>
        </Panel>
        <Panel title="Notifications">
          <div className={styles.notifications}>
            <Setting
              title="Tell me when a request waits for me"
              sentence="As a notification of this computer. It never shows arguments. Deny works from there; Approve opens the request."
            >
              <Switch
                aria-label="Tell me when a request waits for me"
                checked={preferences.notifications}
                onChange={(event) => save.mutate({ notifications: event.currentTarget.checked })}
              />
            </Setting>
            <ReminderSetting />
            <QuietHoursSetting />
          </div>
        </Panel>
        <Panel title="Gateway">
          <GatewaySetting key={preferences.gatewayUrl} />
        </Panel>
        <LibraryPanel />
        <WitnessesPanel />
        {signIn.state === 'signed-in' && signIn.person.roles.includes('reviewer') && <AwayPanel person={signIn.person} />}
        {signIn.state === 'signed-in' && (signIn.person.roles.includes('reviewer') || mayBreakGlass) && (
          <Panel title="Reviewer key">
            <ReviewerKeySetting person={signIn.person} />
          </Panel>
        )}
        {signIn.state === 'signed-in' && signIn.person.roles.some((role) => role === 'administrator' || role === 'auditor') && (
          <StoragePanel />
        )}
        <Panel title="About">
          <dl className={styles.about}>
            <dt>Version</dt>
            <dd className="num">{version}</dd>
            <dt>Runs on</dt>
            <dd>
              {runtime === 'electron'
                ? 'Electron'
                : 'the Electron host on Chromium, made for tests and for machines without the Electron binary'}
              , {platform}
            </dd>
            <dt>Pinned log</dt>
            <dd>
              {pinned === undefined ? (
                'none yet'
              ) : (
                <>
                  <span className="mono">{pinned.origin}</span>, <span className="num">{pinned.size.toLocaleString('en')}</span> entries,
                  root <Hash value={pinned.root} label="root" />, seen <Timestamp at={pinned.seenAt} form="date-time" />
                </>
              )}
            </dd>
            <dt>Kept here</dt>
            <dd>
              These settings, recordings you downloaded, and a reviewer key if you made one. No token, no password, no MCP credential.
            </dd>
          </dl>
        </Panel>
      </div>
    </div>
  )
}

function Setting({ title, sentence, children }: { title: string; sentence: string; children: ReactNode }) {
  return (
    <div className={styles.setting}>
      <div className="grow">
        <div className="medium">{title}</div>
        <div className="small t3">{sentence}</div>
      </div>
      {children}
    </div>
  )
}
