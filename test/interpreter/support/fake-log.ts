import { isLastEvent, type OutboxEvent, type RunEnd } from '@treadle/contract'

/**
 * A run's log in memory, by the rules of the real one: outbox events once and in order, none after the last event, `ifOpen` only while the
 * node is open.
 */
export function createFakeLog() {
  const events: { type: string; node?: string; n?: number; data: Record<string, unknown> }[] = []
  const open = new Set<string>()
  let applied = 0
  let end: RunEnd | undefined
  const changed = new Set<() => void>()

  function append(event: (typeof events)[number]): void {
    events.push(event)
    if (event.type === 'node.started') open.add(event.node ?? '')
    if (/^node\.(completed|failed|cancelled)$/.test(event.type)) open.delete(event.node ?? '')
    if (isLastEvent(event.type)) end ??= { ...event.data, type: event.type.slice(4) } as RunEnd
    for (const listener of changed) listener()
  }

  return {
    events,
    /** Gives back the number of the last outbox event that is in the log. */
    apply(outbox: OutboxEvent[]): { outboxApplied: number; ended: boolean; end?: RunEnd } {
      for (const event of outbox) {
        if (event.n <= applied || end) continue
        if (event.n !== applied + 1) throw new Error(`Event ${event.n} came after ${applied}.`)
        applied = event.n
        if (!event.ifOpen || open.has(event.node ?? '')) append(event)
      }
      return { outboxApplied: applied, ended: end !== undefined, ...(end && { end }) }
    },
    append,
    /** Ends the run as the reconciler does. */
    close: ({ type, ...data }: RunEnd) => append({ type: `run.${type}`, data }),
    get applied() {
      return applied
    },
    lines: (): string[] => events.map(({ type, node }) => (node === undefined ? type : `${type} ${node}`)),
    /** Resolves when an event of this type (of this node) is in the log. */
    async until(type: string, node?: string): Promise<void> {
      const isThere = () => events.some((event) => event.type === type && (node === undefined || event.node === node))
      while (!isThere()) {
        await new Promise<void>((resolve) => {
          const listener = () => {
            changed.delete(listener)
            resolve()
          }
          changed.add(listener)
        })
      }
    },
  }
}

export type FakeLog = ReturnType<typeof createFakeLog>
