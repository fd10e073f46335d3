// The clients, in a process of their own. Takes a job a message from the process that forked it, and answers with its result.
import { commitRows } from './commit-rows.ts'
import { fanOut } from './fan-out.ts'
import type { Job } from './jobs.ts'
import { runSteps } from './run-steps.ts'
import { runStreams } from './run-streams.ts'
import { startRuns } from './start-runs.ts'

process.on('message', async (job: Job) => {
  try {
    process.send?.({ result: await run(job) })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})
process.once('disconnect', () => process.exit())

function run(job: Job) {
  if (job.kind === 'steps') return runSteps(job)
  if (job.kind === 'streams') return runStreams(job)
  if (job.kind === 'starts') return startRuns(job)
  return job.kind === 'fanOut' ? fanOut(job) : commitRows(job)
}
