// `npm run bench [-- P1 P4 --quick --rounds=5]`: measures, prints one table, and writes RESULTS.md.
import { fileURLToPath } from 'node:url'
import { CASES } from './cases/index.ts'
import { readArguments } from './harness/arguments.ts'
import { createBed } from './harness/bed.ts'
import { judge } from './harness/judge.ts'
import { describeMachine } from './harness/machine.ts'
import { type CaseResult, writeResults } from './harness/results-file.ts'
import { rowsOf, textTable } from './harness/table.ts'

const say = (message: string) => console.log(message)

async function main(): Promise<boolean> {
  const { ids, quick, rounds } = readArguments(process.argv.slice(2), CASES)
  const chosen = CASES.filter(({ id }) => ids.includes(id))
  const bed = createBed()
  const results: CaseResult[] = []
  const failures: string[] = []
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve('interrupted'))
  })
  try {
    for (const { id, title, measure } of chosen) {
      say(`${id}: ${title}`)
      const startedAt = performance.now()
      const outcome = await Promise.race([interrupted, measure({ quick, rounds, bed, say }).catch(toError)])
      if (outcome === 'interrupted') break
      if (outcome instanceof Error) {
        failures.push(`${id}: ${outcome.message}`)
        say(`  failed: ${outcome.message}`)
        continue
      }
      const versions = await bed.versions()
      const day = new Date().toISOString().slice(0, 10)
      const lines = outcome.map(judge)
      results.push({ id, title, day, machine: describeMachine(versions), rounds, lines })
      say(
        `  ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n${textTable(lines.flatMap((line) => rowsOf(id, line)))}`,
      )
    }
  } finally {
    await bed.stop()
  }
  say(`\n${textTable(results.flatMap(({ id, lines }) => lines.flatMap((line) => rowsOf(id, line))))}`)
  for (const failure of failures) say(`✗ ${failure}`)
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const order = CASES.map(({ id }) => id)
  if (quick) say('RESULTS.md is left as it is: --quick shows that a case works, not how fast we are.')
  else if (results.length > 0) writeResults(folder, results, order)
  return failures.length === 0
}

const toError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))

process.exitCode = (await main()) ? 0 : 1
