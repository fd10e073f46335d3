import { ApplicationFailure } from '@temporalio/common'
import { defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow'
import {
  type ChildEnded,
  type Control,
  HANDLERS,
  type Json,
  type RunState,
  type SignalDelivery,
} from '@treadle/contract'
import { outputData } from '../core/events.ts'
import type { Children } from './children.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import type { Pauses } from './pauses.ts'
import type { Status } from './status.ts'

const signalUpdate = defineUpdate<void, [SignalDelivery]>(HANDLERS.signal)
const signalLater = defineSignal<[SignalDelivery]>(HANDLERS.signal)
const control = defineSignal<[Control]>(HANDLERS.control)
const childEnded = defineSignal<[ChildEnded]>(HANDLERS.childEnded)
const state = defineQuery<RunState>(HANDLERS.state)

type Parts = {
  inbox: Inbox
  children: Children
  outbox: Outbox
  pauses: Pauses
  status: Status
  /** Resolves when what is in the outbox is in the log. */
  flush: () => Promise<void>
  view: () => RunState
}

/** Registers all handlers. Before the first await: what comes earlier than that is buffered, what comes later would be lost. */
export function registerHandlers({ inbox, children, outbox, pauses, status, flush, view }: Parts): void {
  const take = (delivery: SignalDelivery) => {
    if (status.hasEnded || !inbox.isNew(delivery.id)) return
    if (!delivery.received) outbox.put(receivedEvent(delivery, inbox.receiverOf(delivery)))
    inbox.deliver(delivery)
  }

  setHandler(
    signalUpdate,
    async (delivery) => {
      take(delivery)
      await flush()
    },
    {
      // Only whether it still waits: the payload was checked before it was sent, and what a validator refuses leaves no trace.
      validator: (delivery) => {
        if (inbox.hasSeen(delivery.id) || inbox.receiverOf(delivery) !== undefined) return
        throw ApplicationFailure.nonRetryable(`Nothing waits for the signal \`${delivery.name}\`.`, 'not_waiting')
      },
    },
  )
  setHandler(signalLater, take)
  setHandler(control, (told) => {
    if (!status.hasEnded && inbox.isNew(told.id)) pauses.heed(told)
  })
  setHandler(childEnded, children.tell)
  setHandler(state, view)
}

function receivedEvent({ id, name, node, payload }: SignalDelivery, receiver: string | undefined) {
  const path = receiver ?? node
  const { output, ref } = outputData(payload as Json)
  return {
    type: 'signal.received',
    ...(path === undefined ? {} : { node: path }),
    data: {
      name,
      id,
      ...(ref === undefined ? { payload: output } : { ref }),
      ...(receiver === undefined ? { kept: true } : {}),
    },
  } as const
}
