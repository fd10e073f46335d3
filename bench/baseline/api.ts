// The API process of the hand-written application.
import { randomUUID } from 'node:crypto'
import { Client, Connection, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import Fastify from 'fastify'
import { QUEUE, readConfig } from './config.ts'
import { createEventLog } from './event-log.ts'
import { createStreams } from './streams.ts'

const config = readConfig(process.env)
const log = createEventLog(config.databaseUrl)
await log.migrate()
const streams = await createStreams(log, config.databaseUrl)
const temporal = new Client({ connection: await Connection.connect({ address: config.temporalAddress }) })
const app = Fastify()

const ONCE = { workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: 'REJECT_DUPLICATE' } as const

type StartBody = { workflow: 'fiveSteps' | 'chat'; input: Record<string, unknown> }

/** Sent again under the same key it finds the run that it made. With `Prefer: wait` it answers with the result. */
app.post<{ Body: StartBody }>('/runs', async ({ body: { workflow, input }, headers }, reply) => {
  const id = headers['idempotency-key']?.toString() ?? randomUUID()
  await log.createRun(id, workflow, input)
  const args = [{ ...input, runId: id }]
  await temporal.workflow.start(workflow, { ...ONCE, workflowId: id, taskQueue: QUEUE, args }).catch((error) => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  })
  if (!headers.prefer?.toString().startsWith('wait=')) return reply.code(201).send({ id, status: 'running' })
  return { id, status: 'completed', output: await temporal.workflow.getHandle(id).result() }
})

app.get<{ Params: { id: string } }>('/runs/:id/stream', async ({ params: { id }, headers }, reply) => {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  raw.flushHeaders()
  const leave = await streams.follow(id, Number(headers['last-event-id'] ?? 0), (frames, isLast) => {
    raw.write(frames)
    if (isLast) raw.end()
  })
  if (raw.closed) leave()
  else raw.once('close', leave)
})

const url = await app.listen({ host: '127.0.0.1', port: 0 })
console.log(JSON.stringify({ msg: 'listening', port: Number(new URL(url).port) }))
process.once('SIGTERM', () => process.exit())
