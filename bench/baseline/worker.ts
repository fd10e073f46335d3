// The worker process of the hand-written application.
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { createActivities, createOpenai } from './activities.ts'
import { ACTIVITY_QUEUE, QUEUE, readConfig } from './config.ts'
import { createEventLog } from './event-log.ts'

const config = readConfig(process.env)
const activities = createActivities({
  log: createEventLog(config.databaseUrl),
  openai: createOpenai(config.openaiBaseUrl),
})
const connection = await NativeConnection.connect({ address: config.temporalAddress })
const workers = await Promise.all([
  Worker.create({
    connection,
    taskQueue: QUEUE,
    workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
    activities,
  }),
  Worker.create({ connection, taskQueue: ACTIVITY_QUEUE, activities }),
])
const running = Promise.all(workers.map((worker) => worker.run()))
console.log(JSON.stringify({ msg: 'polling' }))
await running
process.exit()
