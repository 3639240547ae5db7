const patienceMilliseconds = 5000

/** Whether a gateway serves at this address. */
export async function answers(gatewayUrl: string): Promise<boolean> {
  return (await checkpointOf(gatewayUrl)) !== undefined
}

/** The head of the log of the gateway that serves at this address; undefined if none does. */
export async function checkpointOf(gatewayUrl: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${gatewayUrl}/api/v1/log/checkpoint`, { signal: AbortSignal.timeout(patienceMilliseconds) })
    return response.ok ? ((await response.json()) as { note: string }).note : undefined
  } catch {
    return undefined
  }
}
