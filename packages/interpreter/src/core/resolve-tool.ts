import type {
  HttpWork,
  Json,
  JsonObject,
  Plan,
  PlanHttpTool,
  PlanTool,
  Runtime,
  SecretRef,
  Template,
  Work,
} from '@treadle/contract'
import { handlesIn } from '@treadle/contract'
import { Failure, fail } from './failure.ts'
import { nameOf, render, type Site } from './render.ts'
import { checkSchema } from './schema.ts'
import { createScope } from './scope.ts'
import { textOf } from './text.ts'

type Resolved = { work: Work; runtime?: Runtime; timeoutMs?: number | undefined; outputSchema?: number | undefined }

/**
 * A call of a tool of the plan, made ready for a worker: its request rendered with `args` in scope. `name` is an entry of `tools`, or
 * `<entry>.<tool>` for one tool of an MCP server.
 * @throws Failure `invalid_request` if the arguments do not fit, or the request cannot be made of them
 */
export async function resolveTool(site: Site, name: string, args: Json): Promise<Resolved> {
  const { entry, tool } = findTool(site.engine.plan, name)
  await checkArguments(site, args, entry.inputSchema)
  const { timeoutMs, outputSchema } = entry
  switch (entry.kind) {
    case 'http':
      return { work: await httpWork(site, name, entry, args), timeoutMs, outputSchema }
    case 'mcp':
      return { work: { kind: 'mcp', tool, server: entry.server, args }, timeoutMs, outputSchema }
    case 'function':
      return {
        work: { kind: 'function', tool: name, name: entry.name, args },
        runtime: entry.runtime,
        timeoutMs,
        outputSchema,
      }
  }
}

export function findTool({ tools }: Plan, name: string): { entry: PlanTool; tool: string } {
  const dot = name.indexOf('.')
  const entryName = Object.hasOwn(tools, name) || dot < 0 ? name : name.slice(0, dot)
  const entry = Object.hasOwn(tools, entryName) ? tools[entryName] : undefined
  if (!entry) throw new Error(`The plan has no tool ${name}.`)
  return { entry, tool: entryName === name ? name : name.slice(dot + 1) }
}

async function checkArguments(site: Site, args: Json, schema: number | undefined): Promise<void> {
  try {
    await checkSchema(site, args, schema)
  } catch (error) {
    if (!(error instanceof Failure) || error.info.type !== 'invalid_output') throw error
    throw fail('invalid_request', error.info.message.replace('The result', 'What `args` gives'), site.path)
  }
}

async function httpWork(site: Site, tool: string, entry: PlanHttpTool, args: Json): Promise<HttpWork> {
  const inside = { ...site, scope: createScope(site.scope, { args }) }
  const query = entry.query && (await renderObject(inside, entry.query, 'query'))
  const body = entry.body && (await render(inside, entry.body))
  return {
    kind: 'http',
    tool,
    method: entry.method,
    url: await renderUrl(inside, entry.url),
    headers: await renderHeaders(inside, entry.headers ?? {}),
    args,
    ...(query ? { query } : {}),
    ...(body === undefined ? {} : { body }),
  }
}

/** Each value in the address is percent-encoded, so that none can leave its place in the path. */
async function renderUrl(site: Site, url: Template): Promise<string> {
  if (!('text' in url)) return renderString(site, url, 'url')
  const pieces = await render(site, {
    arr: url.text.map((piece) => (typeof piece === 'string' ? { lit: piece } : piece)),
  })
  if (!Array.isArray(pieces) || handlesIn(pieces).length > 0)
    throw fail('invalid_request', 'The `url` is too long', site.path)
  return url.text.map((piece, index) => (typeof piece === 'string' ? piece : encode(pieces[index] ?? null))).join('')
}

const encode = (value: Json) => encodeURIComponent(String(textOf(value)))

async function renderHeaders(site: Site, headers: NonNullable<PlanHttpTool['headers']>): Promise<HttpWork['headers']> {
  const rendered: [string, string | SecretRef][] = []
  for (const [name, header] of Object.entries(headers)) {
    if (header === undefined) continue
    rendered.push([name, 'secret' in header ? header : await renderString(site, header, `headers.${name}`)])
  }
  return Object.fromEntries(rendered)
}

async function renderString(site: Site, template: Template, what: string): Promise<string> {
  const text = textOf(await render(site, template))
  if (typeof text === 'string') return text
  throw fail('invalid_request', `\`${what}\` is too long`, site.path)
}

async function renderObject(site: Site, template: Template, what: string): Promise<JsonObject> {
  const value = await render(site, template)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw fail('invalid_request', `\`${what}\` has to give an object, not ${nameOf(value)}`, site.path)
}
