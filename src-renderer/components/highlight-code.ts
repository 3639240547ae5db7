export type CodeLanguage = 'text' | 'json' | 'yaml' | 'sql' | 'shell'
export interface CodePiece {
  kind: 'plain' | 'key' | 'keyword' | 'dim'
  text: string
}

/** Keywords of the SQL that people review; anything else is plain, so a missing one costs nothing but weight. */
const sqlKeywords = new Set(
  `add all alter analyze and any as asc begin between by call case cast check column commit concurrently constraint copy create cross
  database default delete desc distinct do drop else end except exists explain false fetch for foreign from full function grant group
  having if in index inner insert intersect into is join key lateral left like limit materialized merge natural not null offset on or
  order outer over partition primary procedure references returning revoke right rollback row rows savepoint schema select sequence set
  show table temporary then to transaction trigger true truncate union unique update using vacuum values view when where with`.split(/\s+/),
)

const patterns: Record<Exclude<CodeLanguage, 'text'>, RegExp> = {
  json: /(?<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<plain>"(?:[^"\\]|\\.)*")|(?<dim>[{}[\],:])/g,
  yaml: /(?<dim>(?:^|\s)#.*$)|(?<key>[A-Za-z_][\w.-]*(?=:(?:\s|$)))|(?<plain>"(?:[^"\\]|\\.)*"|'[^']*')|(?<keyword>\b(?:allow|deny|review)\b(?=\s*$))/g,
  sql: /(?<dim>--.*$)|(?<plain>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<keyword>\b[A-Za-z]+\b)/g,
  shell: /(?<plain>"(?:[^"\\]|\\.)*"|'[^']*')|(?<key>(?<=\s)--?[A-Za-z][\w-]*)|(?<dim>\\$)/g,
}

/** Pieces of each line. A scanner for reading, not a parser: it never changes a character. */
export function highlightCode(text: string, language: CodeLanguage): CodePiece[][] {
  return text
    .split('\n')
    .map((line) => (language === 'text' ? [{ kind: 'plain', text: line }] : scanLine(line, patterns[language], language)))
}

function scanLine(line: string, pattern: RegExp, language: CodeLanguage): CodePiece[] {
  const pieces: CodePiece[] = []
  let from = 0
  for (const match of line.matchAll(pattern)) {
    const kind = kindOf(match.groups ?? {}, language)
    if (kind === 'plain') continue
    if (match.index > from) pieces.push({ kind: 'plain', text: line.slice(from, match.index) })
    pieces.push({ kind, text: match[0] })
    from = match.index + match[0].length
  }
  if (from < line.length) pieces.push({ kind: 'plain', text: line.slice(from) })
  return pieces
}

function kindOf(groups: Record<string, string | undefined>, language: CodeLanguage): CodePiece['kind'] {
  if (groups.key !== undefined) return 'key'
  if (groups.dim !== undefined) return 'dim'
  if (groups.keyword === undefined) return 'plain'
  return language === 'sql' && !sqlKeywords.has(groups.keyword.toLowerCase()) ? 'plain' : 'keyword'
}
