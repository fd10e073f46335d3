/** What a person answers who is asked whether a tool may be called; the reason of a refusal is told to the model. */
export type Approval = { ok: boolean; reason?: string }

/** JSON Schema of an Approval: of the signal `approve_<tool>`, and of what waits for it. */
export const APPROVAL_SCHEMA = {
  type: 'object',
  required: ['ok'],
  properties: { ok: { type: 'boolean' }, reason: { type: 'string' } },
}
