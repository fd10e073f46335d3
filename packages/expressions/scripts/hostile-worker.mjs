import { parentPort, workerData } from 'node:worker_threads'

/** Evaluates one source with one engine, and says how it ended; whoever started it waits only so long. */
const { engine, source, scope } = workerData
const { prepare, bind } = await import(engine)
parentPort.postMessage('ready')
const start = performance.now()
let end = 'value'
try {
  prepare(source)(bind(scope))
} catch (error) {
  end = `error: ${error.message.split('\n')[0]}`
}
parentPort.postMessage({ end, ms: performance.now() - start })
