import { STATEMENTS } from '../generated/statements.ts'

/** One of the statements that workers of every language send, as `pg` takes it: prepared once a connection, under its name. */
export const sharedStatement = (name: keyof typeof STATEMENTS, values: unknown[]) => ({
  name,
  text: STATEMENTS[name],
  values,
})
