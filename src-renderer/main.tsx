import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './theme/layers.css'
import '@mantine/core/styles.layer.css'
import '@mantine/spotlight/styles.layer.css'
import './theme/tokens.css'
import './theme/mantine.css'
import './theme/base.css'
import './theme/forced-colors.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { desktop } from './api/desktop.ts'
import { asAppError, createQueryClient } from './api/query-client.ts'
import { createAppRouter } from './router.tsx'
import { StartFailed } from './shell/start-failed.tsx'

const element = document.getElementById('root')
if (element === null) throw new Error('index.html has no element named root.')
const root = createRoot(element)

// The state comes first, so that the window is never drawn in the wrong colours or for the wrong person.
try {
  const state = await desktop.invoke('state:get')
  const client = createQueryClient()
  client.setQueryData(['state:get'], state)
  root.render(<App client={client} router={createAppRouter()} initialState={state} />)
} catch (error) {
  root.render(<StartFailed error={asAppError(error)} />)
}
