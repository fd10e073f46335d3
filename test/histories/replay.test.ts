import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { Worker } from '@temporalio/worker'
import { expect, test } from 'vitest'
import { bundle, silenceTemporal } from '../interpreter/support/engine.ts'
import { readHistory, recordedNames } from './histories.ts'

test('the interpreter goes the same way through every recorded history', async () => {
  silenceTemporal()
  const names = await recordedNames()
  expect(names.length).toBeGreaterThan(0)
  const histories = await Promise.all(
    names.map(async (workflowId) => ({ workflowId, history: historyFromJSON(await readHistory(workflowId)) })),
  )
  const drifted: string[] = []
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: await bundle() }, histories))
    if (error) drifted.push(`${workflowId}: ${error.message}`)
  expect(drifted).toEqual([])
})
