import type { Servers } from '../harness/servers.ts'
import type { Side, StepPlacement } from './side.ts'
import { spawnBuilt } from './spawn.ts'

/** The application of `baseline/`: an API process and a worker process. */
export async function startHandWritten(servers: Servers): Promise<Side> {
  const env = {
    DATABASE_URL: await servers.createDatabase('hand_written'),
    TEMPORAL_ADDRESS: servers.temporalAddress,
    OPENAI_BASE_URL: servers.modelUrl,
  }
  const { supervisor } = servers
  const api = await spawnBuilt(supervisor, {
    name: 'hand-written API',
    file: 'baseline/api.js',
    env,
    message: 'listening',
  })
  const worker = await spawnBuilt(supervisor, {
    name: 'hand-written worker',
    file: 'baseline/worker.js',
    env,
    message: 'polling',
  })
  return {
    url: `http://127.0.0.1:${api.port}`,
    pids: [api.child.pid, worker.child.pid],
    events: { delta: 'delta', completed: 'completed', failed: ['failed', 'restarted'] },
    chatBody: (order) => JSON.stringify({ workflow: 'chat', input: { prompt: JSON.stringify(order) } }),
    stepsBody: (placement) =>
      JSON.stringify({ workflow: 'fiveSteps', input: { value: 0, placement: PLACEMENTS[placement] } }),
  }
}

const PLACEMENTS: Record<StepPlacement, string> = { best: 'same-queue', activities: 'own-queue', local: 'local' }
