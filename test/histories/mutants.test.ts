import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { Worker } from '@temporalio/worker'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundle, silenceTemporal } from '../interpreter/support/engine.ts'
import { readHistory } from './histories.ts'

/** A change of the workflow's code that makes it go another way, and a history that has to notice. */
type Mutant = { what: string; from: RegExp; to: string; history: string }

const MUTANTS: Mutant[] = [
  { what: 'the status is not told at the end', from: /attribute\.end\(own\.type\);/, to: '', history: 'llm' },
  {
    what: 'a segment is never a local activity',
    from: /isAlone = gate\.hasOne/,
    to: 'isAlone = false',
    history: 'segments',
  },
  {
    what: 'a segment is always a local activity',
    from: /const isHere = isAlone/,
    to: 'const isHere = true',
    history: 'segment-beside-others',
  },
  { what: 'no timer is started', from: /if \(ms <= 0\) return true/, to: 'return true', history: 'wait' },
  {
    what: 'time limits are not timed',
    from: /if \(purpose === 'timeout'\) return sleepUntil\(.*?\)/,
    to: "if (purpose === 'timeout') return new Promise(() => {})",
    history: 'timeout',
  },
  {
    what: 'all items of a map are begun at once',
    from: /Math\.min\(call\.node\.concurrency, items\.length\)/,
    to: 'items.length',
    history: 'map',
  },
  {
    what: 'a loop goes round once more',
    from: /iteration \+ 1 < max\b/,
    to: 'iteration < max',
    history: 'loop-of-waits',
  },
  {
    what: 'children have other ids',
    from: /childRunIdOf\)\(run\.id, path,/,
    to: "childRunIdOf)(run.id, path + '!',",
    history: 'run',
  },
  { what: 'nothing is done by two at a time', from: /\.IN_FLIGHT_MAX\)/, to: '.IN_FLIGHT_MAX && 1)', history: 'graph' },
  {
    what: 'no error is caught',
    from: /\.findIndex\(\(\{ on \}\)\s*=>on\.includes\('\*'\) \|\| on\.includes\(type\)\)/,
    to: '.findIndex(()=>false)',
    history: 'catch',
  },
  {
    what: 'a long history is not continued as new',
    from: /\(\)\.continueAsNewSuggested \|\|/,
    to: '().continueAsNewSuggested && false ||',
    history: 'continued-as-new.1',
  },
  {
    what: 'a new event of the history is told without its patch',
    from: /if \(\(0,\s*\w+\.patched\)\(TELLS_CHANGES\)\)/,
    to: 'if (true)',
    history: 'status-attribute',
  },
]

describe('the interpreter would not pass', () => {
  let code = ''
  beforeAll(async () => {
    silenceTemporal()
    code = (await bundle()).code
  })

  test.each(MUTANTS)('if $what', async ({ from, to, history }) => {
    expect(code.match(new RegExp(from, 'g')) ?? []).toHaveLength(1)
    const drifted = async (workflowBundle: { code: string }) => {
      const recorded = [{ workflowId: history, history: historyFromJSON(await readHistory(history)) }]
      for await (const { error } of Worker.runReplayHistories({ workflowBundle }, recorded)) return error !== undefined
    }
    expect([await drifted({ code }), await drifted({ code: code.replace(from, to) })]).toEqual([false, true])
  })
})
