import type { Servers } from '../harness/servers.ts'
import type { Side } from './side.ts'
import { spawnBuilt } from './spawn.ts'

const refuse = (what: string) => () => {
  throw new Error(`This floor has no ${what}.`)
}

/** Passes a model's tokens on as they come, and keeps nothing. */
export async function startProxy(servers: Servers): Promise<Side> {
  const { child, port } = await spawnBuilt(servers.supervisor, {
    name: 'proxy',
    file: 'floor/proxy.js',
    env: { OPENAI_BASE_URL: servers.modelUrl },
    message: 'listening',
  })
  return {
    url: `http://127.0.0.1:${port}`,
    pids: [child.pid],
    events: { delta: 'delta', completed: 'completed', failed: [] },
    chatBody: (order) => JSON.stringify({ prompt: JSON.stringify(order) }),
    stepsBody: refuse('steps'),
  }
}

/** A workflow that does nothing, started and awaited in one request. */
export async function startEmpty(servers: Servers): Promise<Side> {
  const env = { TEMPORAL_ADDRESS: servers.temporalAddress }
  const { supervisor } = servers
  const api = await spawnBuilt(supervisor, { name: 'empty API', file: 'floor/empty-api.js', env, message: 'listening' })
  const worker = await spawnBuilt(supervisor, {
    name: 'empty worker',
    file: 'floor/empty-worker.js',
    env,
    message: 'polling',
  })
  return {
    url: `http://127.0.0.1:${api.port}`,
    pids: [api.child.pid, worker.child.pid],
    events: { delta: '', completed: '', failed: [] },
    chatBody: refuse('model'),
    stepsBody: () => '{}',
  }
}
