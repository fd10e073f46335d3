import type { Message } from '@treadle/contract'

/** What the model is told whose structured answer does not fit. */
export const repairMessage = (problem: string): Message => ({
  role: 'user',
  content: `${problem} Answer again: only JSON that fits the schema, nothing before or after it.`,
})
