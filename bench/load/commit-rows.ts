import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { CommitsJob, CommitsResult } from './jobs.ts'
import { summaryOf } from './summary.ts'

/**
 * The least that anything can take which is on disk before it is seen: a statement that inserts one row and notifies, and a listener in
 * the same process. At a fixed pace; what a commit delays is measured, and not what waits for it.
 */
export async function commitRows({ url, rows, perSecond }: CommitsJob): Promise<CommitsResult> {
  const [writer, listener] = [new pg.Client(url), new pg.Client(url)]
  const delays: number[] = []
  let sentAt = 0
  try {
    await Promise.all([writer.connect(), listener.connect()])
    await writer.query('create table if not exists committed (row integer, text text)')
    await listener.query('listen committed')
    let told = () => {}
    listener.on('notification', () => {
      delays.push(performance.now() - sentAt)
      told()
    })
    const startedAt = performance.now()
    for (let row = 0; row < rows; row += 1) {
      await sleep(startedAt + (row * 1_000) / perSecond - performance.now())
      const isTold = new Promise<void>((resolve) => {
        told = resolve
      })
      sentAt = performance.now()
      await Promise.all([isTold, writer.query({ name: 'commit', text: COMMIT, values: [row] })])
    }
  } finally {
    await Promise.all([writer.end(), listener.end()])
  }
  return { delayMs: summaryOf(delays) }
}

const COMMIT = `
  with stored as (insert into committed values ($1, repeat('x', 200)) returning row)
  select pg_notify('committed', row::text) from stored`
