/** What both processes take from their environment. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const required = (name: string) => {
    const value = env[name]
    if (!value) throw new Error(`${name} is missing`)
    return value
  }
  return {
    databaseUrl: required('DATABASE_URL'),
    temporalAddress: required('TEMPORAL_ADDRESS'),
    openaiBaseUrl: required('OPENAI_BASE_URL'),
  }
}

export const QUEUE = 'hand-written'
export const ACTIVITY_QUEUE = 'hand-written-activities'
