import { loadMasking, type Masking } from '../../src-core/masking/load-masking.ts'
import { checkPolicy, unknownMasks } from '../../src-core/policy/check-policy.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import type { DocumentProblem } from '../../src-protocol/policy-version.ts'

export type DocumentKind = 'policy' | 'masking'

export type LoadedDocument =
  | { ok: true; kind: 'policy'; version: string; document: Policy }
  | { ok: true; kind: 'masking'; version: string; document: Masking }
  | { ok: false; problems: DocumentProblem[] }

/** Reads a policy or masking text; its version is the SHA-256 of the text. */
export async function loadDocument(kind: DocumentKind, text: string): Promise<LoadedDocument> {
  if (kind === 'policy') {
    const loaded = await loadPolicy(text)
    return loaded.ok ? { ok: true, kind, version: loaded.policy.version, document: loaded.policy } : loaded
  }
  const loaded = loadMasking(text)
  return loaded.ok ? { ok: true, kind, version: loaded.masking.version, document: loaded.masking } : loaded
}

/**
 * What is wrong with a text that shall be put in force beside the other document: also examples that do not hold, and warnings.
 * @param beside what is in force; at the first start it may be nothing
 */
export async function checkDocument(
  kind: DocumentKind,
  text: string,
  beside: { policy?: Policy | undefined; masking?: Masking | undefined },
): Promise<DocumentProblem[]> {
  if (kind === 'policy') return (await checkPolicy(text, beside.masking)).problems
  const loaded = loadMasking(text)
  if (!loaded.ok) return loaded.problems
  return unknownMasks(beside.policy, loaded.masking).map(({ rule, name }) => ({
    path: '',
    message: `the policy in force masks by the rule ${name} (in its rule ${rule.id}), which this document does not have`,
  }))
}

/** What `checkDocument` finds, and each example that holds, for the people who write the document. */
export async function reviewDocument(
  kind: DocumentKind,
  text: string,
  beside: { policy?: Policy | undefined; masking?: Masking | undefined },
): Promise<DocumentProblem[]> {
  if (kind === 'masking') return checkDocument(kind, text, beside)
  const { problems, examples = [] } = await checkPolicy(text, beside.masking)
  const holds = examples.flatMap(({ problem, line, decision, example: { name } }, index): DocumentProblem[] => {
    if (problem !== undefined) return []
    const message = `${name === undefined ? 'This example' : `“${name}”`} holds: ${decision.effect} by ${decision.rule ?? 'the default'}. ${decision.because}`
    return [{ path: `examples.${index}`, message, line, severity: 'note' }]
  })
  return [...problems, ...holds]
}

/** `rules.3.when (line 17): …`, for logs and error messages. */
export const describeProblems = (problems: readonly DocumentProblem[]): string =>
  problems
    .map(({ path, message, line }) => `${path === '' ? 'the document' : path}${line === undefined ? '' : ` (line ${line})`}: ${message}`)
    .join('; ')
