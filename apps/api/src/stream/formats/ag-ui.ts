import type {
  CustomEvent,
  EventType,
  RunErrorEvent,
  RunFinishedEvent,
  RunStartedEvent,
  StepFinishedEvent,
  StepStartedEvent,
  TextMessageContentEvent,
  TextMessageEndEvent,
  TextMessageStartEvent,
  ToolCallArgsEvent,
  ToolCallEndEvent,
  ToolCallResultEvent,
  ToolCallStartEvent,
} from '@ag-ui/core'
import type { ErrorInfo, EventEnvelope, Path } from '@treadle/contract'
import type { Encoder, Message } from './encoder.ts'
import { createOutputs, type Output, type OutputChange } from './outputs.ts'

type AgUiEvent =
  | CustomEvent
  | RunErrorEvent
  | RunFinishedEvent
  | RunStartedEvent
  | StepFinishedEvent
  | StepStartedEvent
  | TextMessageContentEvent
  | TextMessageEndEvent
  | TextMessageStartEvent
  | ToolCallArgsEvent
  | ToolCallEndEvent
  | ToolCallResultEvent
  | ToolCallStartEvent

/** The protocol's event with its type as the text that it is on the wire; its enum would be code of another package. */
type Wire<Event> = Event extends AgUiEvent ? Omit<Event, 'type'> & { type: `${EventType}` & `${Event['type']}` } : never

/**
 * The log as AG-UI: a run is a run (its thread is itself), each execution of a node a step, what a model says a message or a tool call.
 * Ids are unique among all runs. What the protocol has no event for comes as CUSTOM `treadle.<type>`, so nothing of the log is missing;
 * the author's own events as CUSTOM under their own names.
 */
export function createAgUiEncoder(): Encoder {
  const outputs = createOutputs()
  const steps = new Set<Path>()
  const calls = new Map<Path, Output>()

  return (event) => {
    const timestamp = Date.parse(event.time)
    const changes = outputs.take(event).flatMap(ofChange)
    return [...changes, ...ofEvent(event)].map((data): Message => ({ data: { ...data, timestamp } }))
  }

  function ofChange(change: OutputChange): Wire<AgUiEvent>[] {
    const { output } = change
    if (output.kind === 'text') {
      const messageId = output.id
      if (change.change === 'begin') return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }]
      if (change.change === 'more') return [{ type: 'TEXT_MESSAGE_CONTENT', messageId, delta: change.text }]
      return [{ type: 'TEXT_MESSAGE_END', messageId }]
    }
    const toolCallId = output.id
    if (change.change === 'begin') {
      calls.set(resultPathOf(output), output)
      return [{ type: 'TOOL_CALL_START', toolCallId, toolCallName: output.call?.name ?? '' }]
    }
    if (change.change === 'more') return [{ type: 'TOOL_CALL_ARGS', toolCallId, delta: change.text }]
    return [{ type: 'TOOL_CALL_END', toolCallId }]
  }

  function ofEvent({ type, node, runId, data }: EventEnvelope): Wire<AgUiEvent>[] {
    const custom = {
      type: 'CUSTOM',
      name: `treadle.${type}`,
      value: node === undefined ? data : { node, ...data },
    } as const
    switch (type) {
      case 'run.created':
        return [{ type: 'RUN_STARTED', threadId: runId, runId }]
      case 'run.completed':
        return [...endSteps(), { type: 'RUN_FINISHED', threadId: runId, runId, result: shownOutput(data) }]
      case 'run.failed': {
        const { message, type: code } = data.error as ErrorInfo
        return [...endSteps(), { type: 'RUN_ERROR', message, code }]
      }
      case 'run.cancelled': {
        const reason = typeof data.reason === 'string' ? `: ${data.reason}` : '.'
        return [...endSteps(), { type: 'RUN_ERROR', message: `The run was cancelled${reason}`, code: 'cancelled' }]
      }
      case 'node.started':
        return node === undefined || steps.has(node) ? [] : [beginStep(node), custom]
      case 'node.delta':
        return []
      case 'node.completed':
        return node === undefined ? [] : [...resultOf(node, data), ...endStep(node)]
      case 'node.failed':
      case 'node.cancelled':
      case 'node.retrying':
        return node === undefined ? [] : [...resultOf(node, data), custom, ...endStep(node)]
      default:
        return [type.startsWith('custom.') ? { ...custom, name: type.slice('custom.'.length) } : custom]
    }
  }

  function beginStep(stepName: Path): Wire<StepStartedEvent> {
    steps.add(stepName)
    return { type: 'STEP_STARTED', stepName }
  }

  function endStep(stepName: Path): Wire<StepFinishedEvent>[] {
    return steps.delete(stepName) ? [{ type: 'STEP_FINISHED', stepName }] : []
  }

  // The log ends every node before the run; this only keeps the protocol's rule whatever an old log holds.
  function endSteps(): Wire<StepFinishedEvent>[] {
    return [...steps].flatMap(endStep)
  }

  /** What came of the call of a tool: its node's output, or how it failed. A retry goes on. */
  function resultOf(node: Path, data: EventEnvelope['data']): Wire<ToolCallResultEvent>[] {
    const call = calls.get(node)
    if (!call || 'delayMs' in data) return []
    calls.delete(node)
    const content = JSON.stringify(data.error ?? shownOutput(data) ?? null)
    return [{ type: 'TOOL_CALL_RESULT', messageId: `${call.id}:result`, toolCallId: call.id, content, role: 'tool' }]
  }
}

/** An agent's model is asked at `<agent>~<turn>.model`, and its i-th call executed at `<agent>~<turn>.tool[i]`. */
const resultPathOf = ({ node, call }: Output): Path => `${node.replace(/\.model$/, '')}.tool[${call?.index ?? 0}]`

const shownOutput = ({ output, ref }: EventEnvelope['data']): unknown => (ref === undefined ? output : { ref })
