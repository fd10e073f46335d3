/** The signal that releases a tool call which waits for a person. */
export const approvalSignal = (tool: string): string => `approve_${tool}`

/** What a person answers; a call that is refused gives the model the reason. */
export const APPROVAL_SCHEMA = {
  type: 'object',
  required: ['ok'],
  properties: { ok: { type: 'boolean' }, reason: { type: 'string' } },
}
