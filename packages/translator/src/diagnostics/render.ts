import type { Diagnostic } from '@treadle/contract'

/**
 * The findings as a compiler shows them, with the line underlined where the text is known:
 *
 *     error[unknown-model]: There is no model "fsat"
 *       --> triage.yaml:12:12
 *        |
 *     12 |     model: fsat
 *        |            ^^^^
 *        = help: did you mean "fast"?
 */
export function renderDiagnostics(diagnostics: Diagnostic[], file: string, text?: string): string {
  const lines = text?.split(/\r?\n/) ?? []
  return diagnostics.map((diagnostic) => renderOne(diagnostic, file, lines)).join('\n\n')
}

function renderOne(
  { code, severity, path, range, message, hint, related }: Diagnostic,
  file: string,
  lines: string[],
): string {
  const out = [`${severity}[${code}]: ${message}`]
  const width = String(range?.start.line ?? 0).length
  const margin = ' '.repeat(width)
  out.push(
    `${margin}--> ${file}${range ? `:${range.start.line}:${range.start.column}` : ''}${path ? ` (${path})` : ''}`,
  )
  const line = range && lines[range.start.line - 1]
  if (range && line !== undefined) {
    const { start, end } = range
    const last = end.line === start.line ? end.column : line.trimEnd().length + 1
    // Tabs are kept in front of the mark, so that it stands under what it means.
    const before = line.slice(0, start.column - 1).replaceAll(/[^\t]/g, ' ')
    out.push(`${margin} |`)
    out.push(`${start.line} | ${line}`)
    out.push(`${margin} | ${before}${'^'.repeat(Math.max(1, last - start.column))}`)
  }
  for (const other of related ?? []) {
    const place = other.range ? `${file}:${other.range.start.line}:${other.range.start.column}` : other.path
    out.push(`${margin} = note: ${place}: ${other.message}`)
  }
  if (hint) out.push(`${margin} = help: ${hint}`)
  return out.join('\n')
}
