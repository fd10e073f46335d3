import { type ScriptedTools, startScriptedTools } from '../scripted/scripted-tools.ts'

/** A small service as one finds them on the web, for the examples to call: customers by their e-mail address. */
export async function startDemoTools(port: number): Promise<ScriptedTools> {
  const tools = await startScriptedTools({ port })
  tools.when({ method: 'GET', path: '/customers' }, ({ query: { email = '' } }) => {
    const [name = ''] = email.split('@')
    if (name === '') return { status: 400, json: { error: 'Say whom: /customers?email=…' } }
    return { json: { email, name: name.charAt(0).toUpperCase() + name.slice(1), tier: 'gold', since: 2021 } }
  })
  return tools
}
