import { CancellationScope, defineSignal, getExternalWorkflowHandle, log, uuid4 } from '@temporalio/workflow'
import {
  type BudgetDetails,
  type Control,
  type ErrorInfo,
  HANDLERS,
  type RunArgs,
  workflowIdOf,
} from '@treadle/contract'
import type { Children } from './children.ts'
import type { Gate } from './gate.ts'
import type { Limits } from './limits.ts'
import type { Status } from './status.ts'

const controlSignal = defineSignal<[Control]>(HANDLERS.control)

type Parts = { args: RunArgs; children: Children; gate: Gate; limits: Limits; status: Status }

/**
 * Pausing and resuming, whoever asks: a person, the parent, or a limit that was met.
 * 1. While it is paused nothing begins; what has begun comes to its end.
 * 2. Both go on to the children that are waited for, also to one that comes later; each run heeds an id once.
 * 3. A limit pauses the run that has it, and all between: that is where a person sees it and raises it.
 */
export type Pauses = ReturnType<typeof createPauses>

export function createPauses({ args: { run, parent, paused }, children, gate, limits, status }: Parts) {
  let resumes = 0
  gate.pause(status.current() === 'paused')

  const pause = (control: Control) => {
    if (status.current() !== 'paused') {
      status.pause(control.reason)
      gate.pause(true)
      tellChildren(control)
    }
    const { budgetRun } = control
    if (budgetRun !== undefined && budgetRun !== run.id && parent) void tell(parent.workflowId, control)
  }

  const resume = (control: Control) => {
    resumes += 1
    const { limits: raised, ...rest } = control
    limits.raise(raised)
    if (status.current() === 'paused') status.resume(control.reason)
    gate.pause(false)
    tellChildren(rest)
  }

  const tellChildren = (control: Control) => {
    for (const childRunId of children.waitedFor()) void tell(workflowIdOf(run.tenant, childRunId), control)
  }

  return {
    /** Of a run that was paused before it began. */
    begin(): void {
      if (paused) pause({ id: uuid4(), action: 'pause' })
    },
    heed: (control: Control): void => (control.action === 'pause' ? pause(control) : resume(control)),
    /** Pauses for a limit that `met` names. */
    forLimit({ message, details }: ErrorInfo): void {
      const { run: budgetRun } = details as BudgetDetails
      pause({ id: uuid4(), action: 'pause', reason: message, budgetRun })
    },
    /** A child has just begun to be waited for. */
    childBegan(childRunId: string): void {
      if (status.current() === 'paused')
        void tell(workflowIdOf(run.tenant, childRunId), { id: uuid4(), action: 'pause' })
    },
    /** Counts up: what was refused before the newest resume may be possible now. */
    get resumes() {
      return resumes
    },
  }
}

/** A run that has ended needs no telling. */
async function tell(workflowId: string, control: Control): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(workflowId).signal(controlSignal, control))
  } catch (error) {
    log.info('A pause or a resume could not be passed on', { workflowId, error })
  }
}
