export type CodeLanguage = 'text' | 'json' | 'yaml' | 'shell'
export interface CodePiece {
  kind: 'plain' | 'key' | 'keyword' | 'dim'
  text: string
}

const patterns: Record<Exclude<CodeLanguage, 'text'>, RegExp> = {
  json: /(?<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<plain>"(?:[^"\\]|\\.)*")|(?<dim>[{}[\],:])/g,
  yaml: /(?<dim>(?:^|\s)#.*$)|(?<key>[A-Za-z_][\w.-]*(?=:(?:\s|$)))|(?<plain>"(?:[^"\\]|\\.)*"|'[^']*')|(?<keyword>\b(?:allow|deny|review)\b(?=\s*$))/g,
  shell: /(?<plain>"(?:[^"\\]|\\.)*"|'[^']*')|(?<key>(?<=\s)--?[A-Za-z][\w-]*)|(?<dim>\\$)/g,
}

/** Pieces of each line. A scanner for reading, not a parser: it never changes a character. */
export function highlightCode(text: string, language: CodeLanguage): CodePiece[][] {
  return text.split('\n').map((line) => (language === 'text' ? [{ kind: 'plain', text: line }] : scanLine(line, patterns[language])))
}

function scanLine(line: string, pattern: RegExp): CodePiece[] {
  const pieces: CodePiece[] = []
  let from = 0
  for (const match of line.matchAll(pattern)) {
    const kind = kindOf(match.groups ?? {})
    if (kind === 'plain') continue
    if (match.index > from) pieces.push({ kind: 'plain', text: line.slice(from, match.index) })
    pieces.push({ kind, text: match[0] })
    from = match.index + match[0].length
  }
  if (from < line.length) pieces.push({ kind: 'plain', text: line.slice(from) })
  return pieces
}

function kindOf(groups: Record<string, string | undefined>): CodePiece['kind'] {
  if (groups.key !== undefined) return 'key'
  if (groups.dim !== undefined) return 'dim'
  return groups.keyword === undefined ? 'plain' : 'keyword'
}
