/** The built command, observed: as `gatehouse`, and it tells once a second how its heap and its event loop are. */
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sendSamples } from './send-samples.ts'

sendSamples()
const program = join(resolve(import.meta.dirname, '..', '..', '..'), 'out', 'bench-cli', 'gatehouse.js')
await import(pathToFileURL(program).href)
