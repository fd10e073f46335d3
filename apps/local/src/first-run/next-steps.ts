/** What to try next, ready to be pasted. */
export function nextSteps({ url, runId, temporalAddress, databaseUrl, passwordFile }: NextSteps): string {
  const hello = {
    ir: {
      ir: 'treadle/v1',
      name: 'hello',
      inputSchema: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      models: { fast: { provider: 'openai', model: 'gpt-5-mini' } },
      nodes: { greet: { kind: 'llm', model: 'fast', prompt: 'Greet ${input.name} in one sentence.' } },
    },
    input: { name: 'Ada' },
  }
  const post = `curl -N ${url}/runs -H 'content-type: application/json'`
  const again = runId === undefined ? [] : [`curl -N ${url}/runs/${runId}/stream`, `curl ${url}/runs/${runId}/state`]
  return [
    'Try next:',
    `  ${post} -H 'accept: text/event-stream' \\`,
    `    -d '${JSON.stringify(hello)}'`,
    ...again.map((line) => `  ${line}`),
    `  curl ${url}/openapi.yaml`,
    '',
    `Temporal: ${temporalAddress}    Postgres: ${databaseUrl} (its password: ${passwordFile})`,
    '',
    'Serving until Ctrl-C.',
  ].join('\n')
}

type NextSteps = {
  url: string
  runId: string | undefined
  temporalAddress: string
  databaseUrl: string
  passwordFile: string
}
