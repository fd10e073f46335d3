/** Where the local stack says what it does. Messages are whole sentences or phrases without a full stop. */
export type Report = {
  /** A step begins, or something is worth knowing. */
  say(message: string): void
  /** How far the step is. May be called often: shown in place on a terminal, now and then elsewhere. */
  progress(message: string): void
}

const PROGRESS_EVERY_MS = 5_000

/** Writes to `out`. `now` gives milliseconds. */
export function createReport({ out = process.stdout, now = () => performance.now() }: ReportOptions = {}): Report {
  let shownAt = Number.NEGATIVE_INFINITY
  let open = false // Is there a line of progress that the next message has to clear away?
  const clear = () => {
    if (open) out.write('\r\x1b[K')
    open = false
  }
  return {
    say(message) {
      clear()
      out.write(`${message}\n`)
      shownAt = now()
    },
    progress(message) {
      if (out.isTTY) {
        clear()
        out.write(`  ${message}`)
        open = true
      } else if (now() - shownAt >= PROGRESS_EVERY_MS) {
        out.write(`  ${message}\n`)
        shownAt = now()
      }
    },
  }
}

type ReportOptions = {
  out?: { write(text: string): unknown; isTTY?: boolean | undefined }
  now?: () => number
}

/** Says nothing: for tests. */
export const silentReport: Report = { say: () => {}, progress: () => {} }
