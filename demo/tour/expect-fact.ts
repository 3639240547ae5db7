/** The tour is also a test: what it shows must be true. @throws Error saying which statement was not */
export function expectFact(fact: boolean, statement: string, evidence?: unknown): void {
  if (!fact)
    throw new Error(
      `The tour expected: ${statement}${evidence === undefined ? '' : `\nIt found: ${JSON.stringify(evidence, null, 1).slice(0, 1500)}`}`,
    )
}
