/** The name under which housekeeping of the protocol is allowed; no rule of a document may have it. */
export const protocolRule = 'protocol'

/**
 * Methods that keep a session going but neither run a tool nor read data of the server. They are allowed unless a rule
 * denies them by name. What reads data (`resources/read`, `prompts/get`, `completion/complete`, `resources/subscribe`)
 * is not here and needs a rule.
 */
const protocolMethods: ReadonlySet<string> = new Set([
  // client to server
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'logging/setLevel',
  'subscriptions/listen',
  'notifications/initialized',
  'notifications/roots/list_changed',
  // about something that was allowed before: the call that made the task
  'tasks/get',
  'tasks/result',
  'tasks/cancel',

  // both ways
  'notifications/cancelled',
  'notifications/progress',
  'notifications/tasks/status',

  // server to client
  'roots/list',
  'sampling/createMessage',
  'elicitation/create',
  'notifications/message',
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/elicitation/complete',
  'notifications/subscriptions/acknowledged',
])

export const isProtocolMethod = (method: string): boolean => protocolMethods.has(method)

/** Requests of a client whose answers are data of the server: what a rule of a policy can mask. */
export const methodsWithContent: readonly string[] = ['tools/call', 'resources/read', 'prompts/get', 'completion/complete']

export const hasContent = (method: string): boolean => methodsWithContent.includes(method)
