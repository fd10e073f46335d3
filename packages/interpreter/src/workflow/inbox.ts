import type { Json, SignalDelivery } from '@treadle/contract'
import type { ReceiveRequest } from '../core/host.ts'
import { SEEN_IDS_MAX } from './bounds.ts'

type Kept = { name: string; node?: string; payload: Json }
type Waiter = { request: ReceiveRequest; deliver: (payload: Json) => void }

export type InboxCarry = { kept: Kept[]; seen: string[]; order: string[] }

/**
 * Signals and who waits for them.
 * 1. A signal goes to the oldest waiting receive of its name, or to the one that it names by path.
 * 2. With none waiting it is kept, in order, for the first receive that it is for and whose schema it fits.
 * 3. A signal whose id was seen is dropped.
 */
export type Inbox = ReturnType<typeof createInbox>

export function createInbox(carry: InboxCarry = { kept: [], seen: [], order: [] }) {
  const kept = [...carry.kept]
  const seen = new Set(carry.seen)
  // Who waited before a continue-as-new is still the older one.
  const rank = new Map(carry.order.map((path, index) => [path, index - carry.order.length]))
  let waiters: Waiter[] = []

  const rankOf = ({ request }: Waiter) => rank.get(request.path) ?? 0

  return {
    /** The path of the receive that would get this signal right now. */
    receiverOf: (delivery: Pick<SignalDelivery, 'name' | 'node'>): string | undefined =>
      waiters.find(({ request }) => isFor(delivery, request))?.request.path,

    hasSeen: (id: string): boolean => seen.has(id),

    /** Says whether this id is new, and remembers it. */
    isNew(id: string): boolean {
      if (seen.has(id)) return false
      seen.add(id)
      for (const oldest of seen) {
        if (seen.size <= SEEN_IDS_MAX) break
        seen.delete(oldest)
      }
      return true
    },

    /** Gives the signal to whom it is for, or keeps it. */
    deliver({ name, node, payload }: SignalDelivery): 'delivered' | 'kept' {
      const waiter = waiters.find(({ request }) => isFor({ name, ...(node === undefined ? {} : { node }) }, request))
      if (waiter) {
        waiter.deliver(payload as Json)
        return 'delivered'
      }
      kept.push({ name, ...(node === undefined ? {} : { node }), payload: payload as Json })
      return 'kept'
    },

    /** Takes a kept signal, or waits: `deliver` is called once, unless what is given back is called before. */
    wait(request: ReceiveRequest, deliver: (payload: Json) => void): () => void {
      const index = kept.findIndex((signal) => isFor(signal, request) && request.fits(signal.payload))
      const [found] = index < 0 ? [] : kept.splice(index, 1)
      if (found) {
        deliver(found.payload)
        return () => {}
      }
      const leave = () => {
        waiters = waiters.filter((other) => other !== waiter)
      }
      const waiter: Waiter = {
        request,
        deliver: (payload) => {
          leave()
          deliver(payload)
        },
      }
      const later = waiters.findIndex((other) => rankOf(other) > rankOf(waiter))
      waiters.splice(later < 0 ? waiters.length : later, 0, waiter)
      return leave
    },

    /** The oldest first. */
    waiting: (): { node: string; signal: string }[] =>
      waiters.map(({ request: { path, signal } }) => ({ node: path, signal })),

    carry: (): InboxCarry => ({ kept, seen: [...seen], order: waiters.map(({ request }) => request.path) }),
  }
}

const isFor = (signal: { name: string; node?: string }, request: ReceiveRequest) =>
  signal.name === request.signal && (signal.node === undefined || signal.node === request.path)
