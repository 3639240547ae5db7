/** A tool's result as text: its text blocks, JSON within them indented; anything else as JSON. */
export function readResult(result: unknown): { text: string; isError: boolean } {
  if (typeof result !== 'object' || result === null) return { text: indent(result), isError: false }
  const isError = 'isError' in result && result.isError === true
  if (!('content' in result) || !Array.isArray(result.content)) return { text: indent(result), isError }
  return { text: result.content.map(blockText).join('\n'), isError }
}

function blockText(block: unknown): string {
  if (typeof block !== 'object' || block === null || !('text' in block) || typeof block.text !== 'string') return indent(block)
  try {
    return indent(JSON.parse(block.text))
  } catch {
    return block.text
  }
}

function indent(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'null'
}
