import { Client, type WorkflowHandle } from '@temporalio/client'
import {
  type ChildEnded,
  type Control,
  HANDLERS,
  type SignalDelivery,
  type TemporalWorkflowSpec,
  WORKFLOW_TYPE,
} from '@treadle/contract'
import type { Codec } from './codec.ts'
import { type Connection, type ConnectionOptions, connectLazily } from './connection.ts'
import { describeEngine, type EngineState } from './engine-state.ts'
import { requireFits } from './payload-size.ts'
import { startOptions } from './start-options.ts'
import { isAlreadyStarted, isDeadline, isNotFound, isRejectedUpdate, toBridgeError } from './temporal-errors.ts'

export type { EngineState }

/** Connected to when first used, and again whenever the connection was lost. */
export type BridgeOptions = ConnectionOptions & {
  /** Encrypts everything that Temporal is given. Default: nothing is encrypted. */
  codec?: Codec
  namespace: string
  /** Milliseconds that a call may take at most, reconnecting included. Default 5,000. */
  callTimeoutMs?: number
  /** Milliseconds that a call may take for which a worker has to answer (updates, queries). Default 10,000. */
  workerTimeoutMs?: number
}

/** `no-worker`: nobody executed it in time; it may still be accepted later, so repeat it with the same id. */
export type SignalOutcome = 'accepted' | 'rejected' | 'no-worker' | 'not-found'

/**
 * The Temporal client as the rest of Treadle sees it. Every call has a deadline, and may be repeated.
 *
 * @throws TreadleError `unavailable` when Temporal cannot be reached in time or fails, `invalid_request` when it refuses
 * the call as it is (too large, an unregistered search attribute): repeating that changes nothing.
 */
export type Bridge = {
  /** Starts the workflow of a run. One that was started before, and has perhaps ended since, is a success. */
  start(spec: TemporalWorkflowSpec): Promise<'started' | 'already-started'>
  /** Asks the workflow to cancel itself. */
  cancel(workflowId: string): Promise<'requested' | 'not-found'>
  /** Ends the workflow at once; it writes nothing any more. */
  terminate(workflowId: string, reason: string): Promise<'terminated' | 'not-found'>
  /**
   * Delivers a signal to a `receive` that waits, and resolves when the workflow has taken it. `delivery.id` is the id of
   * the update: sent again with it, it does nothing and has the same outcome. `rejected`: none waits for it any more.
   */
  signalUpdate(workflowId: string, delivery: SignalDelivery): Promise<SignalOutcome>
  /** Leaves a signal with the workflow, which keeps it for a later `receive`. It drops ids that it has seen. */
  signalLater(workflowId: string, delivery: SignalDelivery): Promise<'sent' | 'not-found'>
  /** Tells the workflow to pause or to resume. It drops ids that it has seen. */
  control(workflowId: string, control: Control): Promise<'sent' | 'not-found'>
  /** Tells the workflow of a run that a child that it waits for has ended. Telling again changes nothing. */
  childEnded(workflowId: string, end: ChildEnded): Promise<'sent' | 'not-found'>
  /** What the workflow itself says of its state, for debugging: the API reads Postgres. Needs a worker. */
  queryState(
    workflowId: string,
  ): Promise<{ outcome: 'answered'; state: unknown } | { outcome: 'no-worker' | 'not-found' }>
  /** Takes the ended workflow's histories out of Temporal. What is not there is no error. */
  forget(workflowId: string): Promise<void>
  /** How the workflow stands, for the reconciler. */
  describe(workflowId: string): Promise<EngineState>
  /** Resolves when Temporal's frontend serves the namespace. */
  checkHealth(): Promise<void>
  close(): Promise<void>
}

const CALL_TIMEOUT_MS = 5_000
/** What is asked of a workflow waits so long for a worker; then it is `unavailable`. */
const WORKER_TIMEOUT_MS = 10_000

/** Connects when the first call is made. Close it when the process ends. */
export function createBridge(options: BridgeOptions): Bridge {
  const connection = connectLazily(options)
  const client = new Client({
    connection,
    namespace: options.namespace,
    ...(options.codec && { dataConverter: { payloadCodecs: [options.codec] } }),
  })
  const within = deadlines(connection)
  const callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS
  const workerTimeoutMs = options.workerTimeoutMs ?? WORKER_TIMEOUT_MS

  /** One call to one workflow; resolves to `not-found` when there is none, or it has ended. */
  const onWorkflow = async <Done>(
    workflowId: string,
    done: Done,
    call: (handle: WorkflowHandle) => Promise<unknown>,
  ): Promise<Done | 'not-found'> => {
    try {
      await within(callTimeoutMs, () => call(client.workflow.getHandle(workflowId)))
      return done
    } catch (error) {
      if (isNotFound(error)) return 'not-found'
      throw toBridgeError(error)
    }
  }

  return {
    async start(spec) {
      requireFits('The compiled workflow with its input', spec.args)
      try {
        await within(callTimeoutMs, () => client.workflow.start(WORKFLOW_TYPE, startOptions(spec)))
        return 'started'
      } catch (error) {
        if (isAlreadyStarted(error)) return 'already-started'
        throw toBridgeError(error)
      }
    },

    cancel: (workflowId) => onWorkflow(workflowId, 'requested', (handle) => handle.cancel()),

    terminate: (workflowId, reason) => onWorkflow(workflowId, 'terminated', (handle) => handle.terminate(reason)),

    async signalUpdate(workflowId, delivery) {
      requireFits('The payload', delivery)
      try {
        await within(workerTimeoutMs, () =>
          client.workflow
            .getHandle(workflowId)
            .executeUpdate(HANDLERS.signal, { updateId: delivery.id, args: [delivery] }),
        )
        return 'accepted'
      } catch (error) {
        if (isRejectedUpdate(error)) return 'rejected'
        if (isNotFound(error)) return 'not-found'
        if (isDeadline(error)) return 'no-worker'
        throw toBridgeError(error)
      }
    },

    async signalLater(workflowId, delivery) {
      requireFits('The payload', delivery)
      return onWorkflow(workflowId, 'sent', (handle) => handle.signal(HANDLERS.signal, delivery))
    },

    control: (workflowId, control) =>
      onWorkflow(workflowId, 'sent', (handle) => handle.signal(HANDLERS.control, control)),

    childEnded: (workflowId, end) =>
      onWorkflow(workflowId, 'sent', (handle) => handle.signal(HANDLERS.childEnded, end)),

    async queryState(workflowId) {
      try {
        const state = await within(workerTimeoutMs, () => client.workflow.getHandle(workflowId).query(HANDLERS.state))
        return { outcome: 'answered', state }
      } catch (error) {
        if (isNotFound(error)) return { outcome: 'not-found' }
        if (isDeadline(error)) return { outcome: 'no-worker' }
        throw toBridgeError(error)
      }
    },

    async forget(workflowId) {
      try {
        await within(callTimeoutMs, async () => {
          // Each continue-as-new has left an execution of its own.
          for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
            await client.workflowService.deleteWorkflowExecution({
              namespace: options.namespace,
              workflowExecution: { workflowId, runId },
            })
          }
        })
      } catch (error) {
        if (!isNotFound(error)) throw toBridgeError(error)
      }
    },

    async describe(workflowId) {
      try {
        return await within(callTimeoutMs, () => describeEngine(client, options.namespace, workflowId))
      } catch (error) {
        if (isNotFound(error)) return { state: 'not-found' }
        throw toBridgeError(error)
      }
    },

    async checkHealth() {
      try {
        await within(callTimeoutMs, () =>
          connection.workflowService.describeNamespace({ namespace: options.namespace }),
        )
      } catch (error) {
        throw toBridgeError(error)
      }
    },

    close: () => connection.close(),
  }
}

/** The SDK waits for ever where a worker is missing, and retries for long where the server is: so each call has an end. */
const deadlines =
  (connection: Connection) =>
  <Answer>(timeoutMs: number, call: () => Promise<Answer>): Promise<Answer> =>
    connection.withDeadline(Date.now() + timeoutMs, call)
