import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'

const FOLDER = fileURLToPath(new URL('./recorded/', import.meta.url))

/** Names of the recorded histories: of their case, with a number for each part of a run that continued as new. */
export const recordedNames = async (): Promise<string[]> =>
  (await readdir(FOLDER)).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : [])).sort()

export const readHistory = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(`${FOLDER}${name}.json`, 'utf8'))

/** Keeps the history of a run that has ended: a file for each part of it. */
export async function saveHistory(client: Client, handle: WorkflowHandle, name: string): Promise<void> {
  const runIds: { runId: string; startTime: Date }[] = []
  for await (const { runId, startTime } of client.workflow.list({ query: `WorkflowId = "${handle.workflowId}"` }))
    runIds.push({ runId, startTime })
  runIds.sort((a, b) => a.startTime.getTime() - b.startTime.getTime())
  for (const [index, { runId }] of runIds.entries()) {
    const history = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory()
    const part = runIds.length > 1 ? `.${index + 1}` : ''
    await writeFile(`${FOLDER}${name}${part}.json`, `${JSON.stringify(JSON.parse(historyToJSON(history)))}\n`)
  }
}
