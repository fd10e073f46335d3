import { setTimeout as delay } from 'node:timers/promises'
import { type ChatWire, usageOf } from './chat-wire.ts'
import { aborted, type Gates } from './gates.ts'
import type { ChatRequest, ModelScript } from './model-script.ts'
import type { Exchange } from './scripted-server.ts'

/** Plays a script onto the wire. Ends early, and quietly, when the caller goes away. */
export async function playScript(
  script: ModelScript,
  { request, wire, exchange, gates }: { request: ChatRequest; wire: ChatWire; exchange: Exchange; gates: Gates },
): Promise<void> {
  const { signal } = exchange
  let finish = 'stop'
  let deltas = 0
  let calls = 0
  for (const step of script) {
    if (signal.aborted) return
    if ('text' in step) {
      wire.write({ content: step.text })
      deltas += 1
    } else if ('toolCall' in step) {
      deltas += writeToolCall(wire, step.toolCall, calls)
      calls += 1
      finish = 'tool_calls'
    } else if ('refusal' in step) {
      wire.write({ refusal: step.refusal })
      deltas += 1
    } else if ('delayMs' in step) {
      await delay(step.delayMs, undefined, { signal }).catch(() => {})
    } else if ('gate' in step) {
      await gates.pass(step.gate, signal)
    } else if ('raw' in step) {
      wire.raw(step.raw)
    } else if ('finish' in step) {
      finish = step.finish
    } else if ('error' in step) {
      return wire.error(step.error)
    } else if ('cut' in step) {
      return exchange.cut()
    } else if ('hang' in step) {
      return aborted(signal)
    }
  }
  if (!signal.aborted && !exchange.response.writableEnded) wire.end(finish, usageOf(request, script, deltas))
}

type ToolCall = { name: string; arguments: unknown; id?: string; pieces?: number }

/** Sends the name first, then the arguments in pieces. Returns how many deltas that took. */
function writeToolCall(wire: ChatWire, { name, arguments: value, id, pieces = 2 }: ToolCall, index: number): number {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  wire.write({
    tool_calls: [{ index, id: id ?? `call_${index + 1}`, type: 'function', function: { name, arguments: '' } }],
  })
  const size = Math.max(1, Math.ceil(text.length / pieces))
  const starts = Array.from({ length: Math.ceil(text.length / size) }, (_, piece) => piece * size)
  for (const start of starts) {
    wire.write({ tool_calls: [{ index, function: { arguments: text.slice(start, start + size) } }] })
  }
  return starts.length + 1
}
