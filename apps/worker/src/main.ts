import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import { createRedactor } from './secrets/redactor.ts'
import { startWorker } from './start-worker.ts'
import { installTemporalRuntime } from './temporal-log.ts'

/** Longer than everything that stops has; then the process goes, whatever still holds it. */
const STOP_MS_MAX = 15_000

const redactor = createRedactor()

try {
  await run()
} catch (error) {
  // One sentence for whoever started it; the rest is in the log where there is one.
  process.stderr.write(`${redactor.text(error instanceof Error ? error.message : String(error))}\n`)
  process.exit(1)
}

async function run(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog({ level: config.logLevel, redactor })
  installTemporalRuntime(log)
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'A promise was rejected that nobody waited for'),
  )

  const worker = await startWorker(config, { log, redactor })
  log.info({ namespace: config.temporal.namespace, buildId: worker.buildId }, 'polling')

  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'Stopping')
    setTimeout(() => process.exit(1), STOP_MS_MAX).unref()
    void worker.stop()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)

  await worker.ended
  await worker.stop()
  log.info('Stopped')
  process.exit(0)
}
