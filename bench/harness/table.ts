import type { Role } from './case.ts'
import type { JudgedLine, Verdict } from './judge.ts'

/** The columns of the one table, on the terminal and in RESULTS.md. */
export const HEADER = ['id', 'what', 'ours', 'hand-written', 'floor', 'value or ratio', 'budget', 'met']

/** A row for each budget; a line without one gets one row. */
export function rowsOf(id: string, judged: JudgedLine): string[][] {
  const { line, spreads, verdicts } = judged
  const figure = (role: Role) => {
    const spread = spreads[role]
    if (!spread) return '–'
    const range = spread.rounds > 1 ? ` (${short(spread.min)}–${short(spread.max)})` : ''
    return `${short(spread.median)} ${line.unit}${range}`
  }
  const first = [id, line.what, figure('ours'), figure('baseline'), figure('floor')]
  if (verdicts.length === 0) {
    const ratio = line.ratio ? `${short(line.ratio.value)} × ${line.ratio.of}` : ''
    return [[...first, ratio, 'none', '']]
  }
  return verdicts.map((verdict, index) => [
    ...(index === 0 ? first : ['', '', '', '', '']),
    verdict.value === undefined ? '–' : short(verdict.value),
    verdict.budget,
    wordOf(verdict),
  ])
}

function wordOf({ met, outOfReach }: Verdict): string {
  if (outOfReach) return `NO: ${outOfReach.what} alone gives ${short(outOfReach.value)}`
  return met === undefined ? 'not measured' : met ? 'yes' : 'NO'
}

/** Three digits that mean something, and thousands apart. */
export function short(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** As text in columns of equal width. */
export function textTable(rows: readonly string[][]): string {
  const all = [HEADER, ...rows]
  const widths = HEADER.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export const markdownTable = (rows: readonly string[][]): string =>
  [HEADER, HEADER.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
