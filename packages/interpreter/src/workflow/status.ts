import type { RunEnd, RunStatus } from '@treadle/contract'
import type { Outbox } from './outbox.ts'

export type StatusCarry = { isWaiting: boolean; isPaused: boolean }

/** How the run stands. `run.resumed` ends both `run.waiting` and `run.paused`. */
export type Status = ReturnType<typeof createStatus>

export function createStatus(outbox: Outbox, carry: StatusCarry = { isWaiting: false, isPaused: false }) {
  let { isWaiting, isPaused } = carry
  let ended: RunEnd['type'] | undefined
  const reasoned = (reason?: string) => (reason === undefined ? {} : { reason })

  return {
    get isWaiting() {
      return isWaiting
    },
    wait(waiting: { node: string; signal: string }[]): void {
      isWaiting = true
      outbox.put({ type: 'run.waiting', data: { waiting } })
    },
    /** Somebody who was waited for has come, or is not waited for any more. */
    stir(): void {
      if (isWaiting && !isPaused) outbox.put({ type: 'run.resumed', data: {} })
      isWaiting = false
    },
    pause(reason?: string): void {
      if (!isPaused) outbox.put({ type: 'run.paused', data: reasoned(reason) })
      isPaused = true
    },
    resume(reason?: string): void {
      if (isPaused) outbox.put({ type: 'run.resumed', data: reasoned(reason) })
      isPaused = false
      isWaiting = false
    },
    /** The last event is written, or on its way. */
    get hasEnded() {
      return ended !== undefined
    },
    end(how: RunEnd['type']): void {
      ended = how
    },
    current: (): RunStatus => {
      if (ended !== undefined) return ended
      if (isPaused) return 'paused'
      return isWaiting ? 'waiting' : 'running'
    },
    carry: (): StatusCarry => ({ isWaiting, isPaused }),
  }
}
