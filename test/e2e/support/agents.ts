import { Client, Connection } from '@temporalio/client'
import { workflowIdOf } from '@treadle/contract'
import type { ModelScript, ScriptedModel } from '@treadle/local'
import type { Stack } from '../../support/stack.ts'

/** The tools of the documents here: `look` reads, `pay` costs money. */
const toolsAt = (url: string) => ({
  look: {
    kind: 'http',
    description: 'Looks things up.',
    url: `${url}/look`,
    query: { q: '${args.q}' },
    inputSchema: { type: 'object', required: ['q'], properties: { q: { type: 'string' } } },
  },
  pay: {
    kind: 'http',
    description: 'Pays.',
    method: 'POST',
    url: `${url}/pay`,
    body: '${args}',
    inputSchema: { type: 'object', required: ['sum'], properties: { sum: { type: 'number' } } },
  },
})

/** A document with one agent. `model`: a name of its own, so that tests do not take each other's answers. */
export function agentDocument(stack: Stack, model: string, agent: object = {}, document: object = {}) {
  return {
    ir: 'treadle/v1',
    name: 'agents',
    models: { smart: { provider: 'openai', model } },
    tools: toolsAt(stack.tools.url),
    nodes: {
      agent: {
        kind: 'agent',
        model: 'smart',
        instructions: 'Be brief.',
        input: 'Help',
        tools: ['look', 'pay'],
        maxTurns: 5,
        ...agent,
      },
    },
    output: '${nodes.agent}',
    ...document,
  }
}

/** The tools of the scripted MCP server, which is told the secret `DOCS`. */
export const docsTool = ({ mcp }: Stack, more: object = {}) => ({
  docs: { kind: 'mcp', server: mcp.server, headers: { authorization: { secret: 'DOCS', prefix: 'Bearer ' } }, ...more },
})

export const asks = (...calls: { name: string; arguments: unknown; id?: string }[]): ModelScript =>
  calls.map((toolCall, index) => ({ toolCall: { id: `c${index + 1}`, ...toolCall } }))

/** The model gives these answers, one after the other. */
export function answers(model: ScriptedModel, name: string, ...scripts: ModelScript[]): void {
  for (const script of scripts) model.when({ model: name }, script, { times: 1 })
}

export type Told = {
  model: string
  messages: { role: string; content: string | null; tool_calls?: { id: string }[]; tool_call_id?: string }[]
  tools?: { function: { name: string } }[]
}

/** What the model of that name was told, request by request. */
export const toldTo = ({ requests }: ScriptedModel, name: string): Told[] =>
  requests.map(({ body }) => body as Told).filter(({ model }) => model === name)

/** What Temporal has of a run: is anything still running, and how large is its history? */
export async function inTemporal(stack: Stack, runId: string) {
  const connection = await Connection.connect({ address: stack.temporalAddress })
  try {
    const handle = new Client({ connection }).workflow.getHandle(workflowIdOf('default', runId))
    const { status, raw, historyLength } = await handle.describe()
    return {
      status: status.name,
      activities: (raw.pendingActivities ?? []).map(({ activityId }) => activityId),
      historyBytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0),
      historyLength,
    }
  } finally {
    await connection.close()
  }
}
