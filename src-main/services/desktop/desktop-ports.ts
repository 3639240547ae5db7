import type {
  DesktopChannel,
  DesktopContract,
  DesktopEventName,
  DesktopEvents,
  DesktopInput,
  DesktopOutput,
  DesktopState,
} from '../../../src-protocol/desktop-api.ts'
import type { z } from 'zod'
import type { Clock } from '../../../src-node/clock.ts'
import type { Logger } from '../../../src-node/logger.ts'
import type { Scheduler } from '../../../src-node/scheduler.ts'
import type { PreferencesPort } from '../preferences.ts'
import type { SecretStore } from '../reviewer-key.ts'

/** What the services need from the shell around them. */
export interface DesktopPorts {
  version?: string
  runtime: DesktopState['runtime']
  /** the library lives here */
  userData: string
  preferences: PreferencesPort
  openBrowser: (url: string) => Promise<void>
  /** where the system can seal what is kept on its disk; asked for when it is first needed */
  secretStore?: () => SecretStore | undefined
  writeClipboard: (text: string) => void
  /** undefined: cancelled */
  chooseFolder: () => Promise<string | undefined>
  chooseFile: () => Promise<string | undefined>
  openAnotherProfile: () => void
  clock: Clock
  log: Logger
  scheduler?: Scheduler
}

export type DesktopHandlers = { [C in DesktopChannel]: (input: DesktopInput<C>) => Promise<DesktopOutput<C>> }
/** the same, behind the check of their input */
export type CheckedHandlers = { [C in DesktopChannel]: (input: z.output<DesktopContract[C]['input']>) => Promise<DesktopOutput<C>> }

export type DesktopEventPayload<E extends DesktopEventName> = z.output<DesktopEvents[E]>
