import {
  type AskedToolCall,
  findForgedHandle,
  findRoundedInteger,
  INLINE_BYTES_MAX,
  type Json,
  type ToolCall,
} from '@treadle/contract'
import type { WorkContext } from '../work/work.ts'

/** Arguments up to this stay in an answer that is too large as a whole. Bytes of JSON. */
const ARGUMENTS_BYTES = 1024
const SHOWN_LENGTH = 200

/** Each with an id of its own: some servers give none, or the same one to all. */
export function withIds(calls: ToolCall[], turn: number): ToolCall[] {
  const taken = new Set<string>()
  return calls.map((call, index) => {
    const id = call.id === '' || taken.has(call.id) ? `call_${turn}_${index}` : call.id
    taken.add(id)
    return { ...call, id }
  })
}

/** The calls for the workflow: where they are too large together, large arguments are put aside as handles of the objects that they are. */
export async function askedToolCalls(calls: ToolCall[], keep: WorkContext['keep']): Promise<AskedToolCall[]> {
  if (Buffer.byteLength(JSON.stringify(calls)) <= INLINE_BYTES_MAX) return calls
  return Promise.all(
    calls.map(async (call) => {
      if (Buffer.byteLength(call.arguments) <= ARGUMENTS_BYTES) return call
      const args = parseArguments(call.arguments)
      // Nothing can be made of them: enough is kept to say so, and never JSON.
      if (args === undefined) return { ...call, arguments: `${call.arguments.slice(0, SHOWN_LENGTH)}…` }
      return { ...call, arguments: '', args: await keep(args, { bytesMax: 0 }) }
    }),
  )
}

function parseArguments(text: string): Json | undefined {
  if (findRoundedInteger(text) !== undefined) return undefined
  try {
    const args: Json = JSON.parse(text)
    const isObject = typeof args === 'object' && args !== null && !Array.isArray(args)
    return isObject && findForgedHandle(args) === undefined ? args : undefined
  } catch {
    return undefined
  }
}
