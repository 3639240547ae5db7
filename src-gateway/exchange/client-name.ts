import { isJsonObject, type JsonObject, type JsonValue } from '../../src-core/json/json-value.ts'

const longestName = 120

const statelessKey = 'io.modelcontextprotocol/clientInfo'

/** Of a request of the stateless revision, which says so in each. */
export function statelessClientName(params: JsonObject | undefined): string | undefined {
  const meta = params?.['_meta']
  return isJsonObject(meta) ? nameOf(meta[statelessKey]) : undefined
}

/** Name and version of a client, as it names itself in `initialize`. */
export const clientName = (params: JsonObject | undefined): string | undefined => nameOf(params?.['clientInfo'])

function nameOf(client: JsonValue | undefined): string | undefined {
  if (!isJsonObject(client) || typeof client['name'] !== 'string') return undefined
  const version = typeof client['version'] === 'string' ? ` ${client['version']}` : ''
  return `${client['name']}${version}`.slice(0, longestName)
}
