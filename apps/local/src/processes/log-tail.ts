/** The last lines that a process printed, and those who wait for one. */
export type LogTail = {
  push(line: string): void
  /** No line comes any more: whoever still waits is told so. */
  close(): void
  /** What is kept, oldest line first. */
  text(): string
  /** The first line, kept or coming, that `pick` makes something of; rejects with `failure()` once closed. */
  find<T>(pick: (line: string) => T | undefined, failure: () => Error): Promise<T>
}

/** Enough to see why something failed; the log file has the rest. */
const LINES_MAX = 200

export function createLogTail(): LogTail {
  const lines: string[] = []
  const watchers = new Set<{ see(line: string): void; closed(): void }>()
  let closed = false
  return {
    push(line) {
      lines.push(line)
      if (lines.length > LINES_MAX) lines.shift()
      for (const watcher of watchers) watcher.see(line)
    },
    close() {
      closed = true
      for (const watcher of watchers) watcher.closed()
    },
    text: () => lines.join('\n'),
    find(pick, failure) {
      for (const line of lines) {
        const found = pick(line)
        if (found !== undefined) return Promise.resolve(found)
      }
      if (closed) return Promise.reject(failure())
      return new Promise((resolve, reject) => {
        const watcher = {
          see(line: string) {
            const found = pick(line)
            if (found === undefined) return
            watchers.delete(watcher)
            resolve(found)
          },
          closed: () => reject(failure()),
        }
        watchers.add(watcher)
      })
    },
  }
}
