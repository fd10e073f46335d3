import type { TestBody, TestDocument, TestNode } from '@treadle/interpreter/testing'

type Options = {
  /** Of the tool that stands for the model of the random documents. */
  url: string
  fuse: string
}

/** A document of the interpreter's tests as one that the API takes: its model calls become calls of a tool, which sees the path of each. */
export function toIr(document: TestDocument, { url, fuse }: Options) {
  return {
    ir: 'treadle/v1',
    name: 'random',
    execution: { fuse },
    inputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
    tools: { call: { kind: 'http', method: 'POST', url, body: '${args}', timeout: '5s' } },
    ...bodyOf(document),
  }
}

const bodyOf = ({ nodes, ...rest }: TestBody): TestBody => ({
  ...rest,
  nodes: Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, nodeOf(node)])),
})

function nodeOf({ prompt, ...node }: TestNode): TestNode {
  const inner = (body: TestNode | TestBody) => ('kind' in body ? nodeOf(body as TestNode) : bodyOf(body as TestBody))
  return {
    ...node,
    ...(node.kind === 'llm' && { kind: 'tool', tool: 'call', args: { v: prompt }, retry: RETRY }),
    ...(node.kind === 'map' && { maxItems: 3 }),
    ...(node.nodes && bodyOf(node as unknown as TestBody)),
    ...(node.do && { do: inner(node.do) }),
    ...(node.else && { else: inner(node.else) }),
    ...(node.cases && { cases: node.cases.map((each: { do: TestNode }) => ({ ...each, do: inner(each.do) })) }),
  } as TestNode
}

const RETRY = { maxAttempts: 3, initialInterval: '50ms', backoffCoefficient: 1 }
