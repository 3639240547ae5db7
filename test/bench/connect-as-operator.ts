/** The desktop's services without a window, signed in as the demo's operator: prints {"url","bearer"} when the endpoint is open. */
import { runConnect } from '../../src-cli/commands/connect.ts'
import { openBrowserAs } from '../integration/sign-in-by-fetch.ts'

const [gateway = '', connection = ''] = process.argv.slice(2)
await runConnect({
  gateway,
  connection,
  reason: 'Benchmark',
  minutes: 60,
  openBrowser: openBrowserAs({ username: 'operator' }),
})
