import { isJsonObject, type JsonObject } from '../../src-core/json/json-value.ts'

const longestName = 120

/** Name and version of a client, as it names itself in `initialize`. */
export function clientName(params: JsonObject | undefined): string | undefined {
  const client = params?.['clientInfo']
  if (!isJsonObject(client) || typeof client['name'] !== 'string') return undefined
  const version = typeof client['version'] === 'string' ? ` ${client['version']}` : ''
  return `${client['name']}${version}`.slice(0, longestName)
}
