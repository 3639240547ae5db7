/** A start for an agent's configuration: see docs of the agent. Secrets are named there, never written. */
export function agentFile(gatewayUrl: string): string {
  return `gateway: ${gatewayUrl}
data: ./agent-data
joinToken: env:GATEHOUSE_JOIN_TOKEN
servers:
  - name: orders
    title: Orders database
    command: [npx, "@bytebase/dbhub", --transport, stdio]
    env: { DSN: env:ORDERS_DSN }
`
}

/** What starts it the first time; later it needs no token. */
export function agentCommand(joinToken: string): string {
  return `GATEHOUSE_JOIN_TOKEN=${joinToken} gatehouse agent --config agent.yaml`
}
