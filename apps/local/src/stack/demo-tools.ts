import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkout } from '../config.ts'
import { type ScriptedTools, startScriptedTools } from '../scripted/scripted-tools.ts'

/** Where the documents of examples/ expect these tools. */
export const DEMO_TOOLS_URL = 'http://127.0.0.1:8090'

/** What `nightly-digest.yaml` calls its secret; the demonstration's service takes any value. */
export const DEMO_SECRETS = { TREADLE_SECRET_CHAT_TOKEN: 'demonstration-only' }

/** The functions that `mixed-languages.yaml` calls in TypeScript. */
export const DEMO_FUNCTIONS = { TREADLE_FUNCTIONS: join(checkout, 'examples', 'typescript-tools', 'clean-text.mjs') }

type Answer = { method: string; path: string; status: number; body: unknown }

/** Small services as one finds them on the web, for the examples to call. */
export async function startDemoTools(port: number): Promise<ScriptedTools> {
  const tools = await startScriptedTools({ port })
  await answerForExamples(tools)
  return tools
}

/** Answers customers by their e-mail address, and else as examples/tools.json says. Rules that were added before come first. */
export async function answerForExamples(tools: Pick<ScriptedTools, 'when'>): Promise<void> {
  tools.when({ method: 'GET', path: '/customers' }, ({ query: { email = '' } }) => {
    const [name = ''] = email.split('@')
    if (name === '') return { status: 400, json: { error: 'Say whom: /customers?email=…' } }
    return { json: { email, name: name.charAt(0).toUpperCase() + name.slice(1), tier: 'gold', since: 2021 } }
  })
  const answers: Answer[] = JSON.parse(await readFile(join(checkout, 'examples', 'tools.json'), 'utf8'))
  for (const { method, path, status, body } of answers) tools.when({ method, path }, { status, json: body })
}
