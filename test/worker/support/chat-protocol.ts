type Wire = { role: string; content?: unknown; tool_calls?: { id: string }[]; tool_call_id?: string }

/**
 * What a server of the OpenAI protocol would refuse in a conversation: each tool call has one answer, right after its message and before
 * anything else; ids are not empty and stand once in a message; an answer belongs to a call.
 */
export function protocolFaults(messages: readonly unknown[]): string[] {
  const faults: string[] = []
  let open = new Set<string>()
  for (const [index, message] of (messages as Wire[]).entries()) {
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? ''
      if (!open.delete(id)) faults.push(`message ${index} answers "${id}", which was not asked`)
      if (typeof message.content !== 'string') faults.push(`message ${index} has no text`)
      continue
    }
    if (open.size > 0) faults.push(`before message ${index} ${[...open].join()} had no answer`)
    const ids = (message.tool_calls ?? []).map(({ id }) => id)
    open = new Set(ids)
    if (open.size !== ids.length || open.has('')) faults.push(`message ${index} has the ids ${JSON.stringify(ids)}`)
  }
  if (open.size > 0) faults.push(`at the end ${[...open].join()} had no answer`)
  return faults
}
