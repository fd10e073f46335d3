import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { JudgedLine } from './judge.ts'
import { markdownTable, rowsOf } from './table.ts'

/** What one case gave, and when and where. */
export type CaseResult = {
  id: string
  title: string
  day: string
  machine: string
  rounds: number
  lines: JudgedLine[]
}

/**
 * Writes RESULTS.md, and beside it results.json, from which a run of some cases keeps the results of the others.
 */
export function writeResults(folder: string, results: readonly CaseResult[], order: readonly string[]): void {
  const file = `${folder}/results.json`
  const old = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as CaseResult[]) : []
  const kept = old.filter(({ id }) => !results.some((result) => result.id === id))
  const all = [...kept, ...results].toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
  writeFileSync(`${folder}/RESULTS.md`, markdown(all))
}

function markdown(results: readonly CaseResult[]): string {
  const rows = results.flatMap(({ id, lines }) => lines.flatMap((line) => rowsOf(id, line)))
  const verdicts = results.flatMap(({ lines }) => lines.flatMap(({ verdicts }) => verdicts))
  const met = verdicts.filter((verdict) => verdict.met).length
  const outOfReach = verdicts.filter((verdict) => verdict.outOfReach).length
  const notes = results.flatMap(({ id, title, day, rounds, machine, lines }) => [
    `- **${id}** ${title}. ${rounds} rounds, ${day}, ${machine}.`,
    ...lines.flatMap((judged) => (judged.line.notes ?? []).map((note) => `  - ${note}`)),
  ])
  return `# Results

Written by \`npm run bench\`. All sides of a case were measured in one run, in turns; figures are medians of the rounds, with
the least and the most. Ratios are of medians. Figures of different machines cannot be compared; ratios can, with care.

${met} of ${verdicts.length} budgets are met. ${outOfReach} are out of reach of anything that does the work: the part that nothing can do
without was measured in the same rounds, and misses them by itself.

${markdownTable(rows)}

## What was measured

${notes.join('\n')}
`
}
