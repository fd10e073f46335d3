// The worker of the empty workflow.
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' }),
  taskQueue: 'empty',
  workflowsPath: fileURLToPath(new URL('./empty-workflow.js', import.meta.url)),
})
const running = worker.run()
console.log(JSON.stringify({ msg: 'polling' }))
await running
process.exit()
