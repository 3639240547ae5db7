/** The desktop's main process: the services, and the shell around them. */
import { createDesktop } from './services/desktop.ts'
import { runDesktop } from './shell/run-desktop.ts'

runDesktop(createDesktop)
