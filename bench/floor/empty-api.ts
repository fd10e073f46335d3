// The least that a run on Temporal can take over HTTP: one request starts an empty workflow and answers with its result.
import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import Fastify from 'fastify'

const temporal = new Client({ connection: await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' }) })
const app = Fastify()

app.post('/runs', async () => {
  const id = randomUUID()
  const output = await temporal.workflow.execute('empty', { workflowId: id, taskQueue: 'empty' })
  return { id, status: 'completed', output }
})

const url = await app.listen({ host: '127.0.0.1', port: 0 })
console.log(JSON.stringify({ msg: 'listening', port: Number(new URL(url).port) }))
process.once('SIGTERM', () => process.exit())
