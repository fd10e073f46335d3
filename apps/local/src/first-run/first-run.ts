import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EventEnvelope, isLastEvent, type Run } from '@treadle/contract'
import { ClearError } from '../clear-error.ts'
import { checkout } from '../config.ts'
import { DEMO_TOOLS_URL } from '../stack/demo-tools.ts'
import { createEventPrinter } from './event-printer.ts'
import { readSse } from './sse.ts'

export type FirstRunOptions = {
  /** Of the API. */
  url: string
  toolsUrl: string
  write: (text: string) => void
  signal: AbortSignal
}

/**
 * Starts the run of `examples/first-run.yaml`, shows its stream until it has ended, and then its result.
 * Resolves to its id. @throws ClearError when the API refuses it.
 */
export async function showFirstRun({ url, toolsUrl, write, signal }: FirstRunOptions): Promise<string> {
  const example = (name: string) => readFile(join(checkout, 'examples', name), 'utf8')
  const ir = (await example('first-run.yaml')).replaceAll(DEMO_TOOLS_URL, toolsUrl)
  const input: unknown = JSON.parse(await example('first-run.input.json'))

  const created = await fetch(`${url}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ir, input }),
    signal,
  })
  if (!created.ok) throw new ClearError(`The first run was refused (${created.status}): ${await created.text()}`)
  const { id } = (await created.json()) as Run
  write(`\nRunning examples/first-run.yaml as ${id}\n`)

  const print = createEventPrinter(write)
  for await (const event of follow(`${url}/runs/${id}/stream`, signal)) print(event)

  const run = (await (await fetch(`${url}/runs/${id}`, { signal })).json()) as Run
  write(`\nThe run is ${run.status}: ${JSON.stringify(run.output ?? run.error ?? null, null, 2)}\n`)
  return id
}

/** The events of a run up to its last one. */
async function* follow(url: string, signal: AbortSignal): AsyncGenerator<EventEnvelope> {
  const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal })
  if (!response.ok || !response.body)
    throw new ClearError(`The stream was refused (${response.status}): ${await response.text()}`)
  for await (const { data } of readSse(response.body)) {
    const event = JSON.parse(data) as EventEnvelope
    yield event
    if (isLastEvent(event.type)) return
  }
}
