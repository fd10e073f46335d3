// Made by packages/contract/scripts/generate.mjs from schemas/. Do not edit: npm run generate.

/**
 * Unique in its tenant. Ours are `run_` + 26 characters of lower-case Crockford base32 (a UUIDv7, so they sort by time); a client may choose its own.
 */
export type RunId = string
export type RunStatus = 'pending' | 'running' | 'waiting' | 'paused' | 'completed' | 'failed' | 'cancelled'
export type Sha256 = string
/**
 * One execution of a node. A node of the document: its `id`. One in a container: the container's path with the place in it, then `.` and the `id`, or nothing more where the body is a single node. Places: `map[i]`, `loop#i`, `machine@n:state` (n: transitions so far), `switch?i` or `switch?else`, `node!i` (its i-th `catch`); a `graph` has none. An agent's calls: `agent~turn.model`, `agent~turn.tool[i]`, and `agent~turn.tool[i].approve`, which waits for a person. All counts from 0.
 */
export type Path = string
/**
 * RFC 3339, UTC, milliseconds.
 */
export type Time = string
/**
 * Closed, but for the author's own `custom.<name>` from `emit`. Clients ignore types that they do not know.
 */
export type EventType =
  | (
      | 'run.created'
      | 'run.started'
      | 'run.waiting'
      | 'run.paused'
      | 'run.resumed'
      | 'run.completed'
      | 'run.failed'
      | 'run.cancelled'
      | 'node.started'
      | 'node.delta'
      | 'node.retrying'
      | 'node.completed'
      | 'node.failed'
      | 'node.cancelled'
      | 'node.skipped'
      | 'node.reused'
      | 'tool.started'
      | 'tool.completed'
      | 'signal.received'
      | 'checkpoint.created'
      | 'log'
    )
  | string
export type NodeStatus = 'running' | 'retrying' | 'completed' | 'failed' | 'cancelled' | 'skipped' | 'reused'
export type TenantId = string
/**
 * JSON Schema 2020-12, checked and bounded by the translator.
 */
export type JsonSchema = Record<string, unknown> | boolean
/**
 * Index into `schemas`.
 */
export type SchemaIndex = number
/**
 * Fields of the provider's request, by the provider's names. Those of a node are laid over those of its model, key by key.
 */
export type Params = Record<string, unknown>
/**
 * A tool of the document. Templates of an http tool have `args` in scope.
 */
export type PlanTool = PlanHttpTool | PlanMcpTool | PlanFunctionTool
/**
 * A compiled template: a constant; an expression whose value keeps its type; a text of pieces; an object or a list with templates in it; a large constant as a blob.
 */
export type Template =
  | {
      lit: unknown
    }
  | {
      expr: ExprIndex
    }
  | {
      text: (
        | string
        | {
            expr: ExprIndex
          }
      )[]
    }
  | {
      obj: {
        [k: string]: Template | undefined
      }
    }
  | {
      arr: Template[]
    }
  | {
      blob: Blob
    }
/**
 * Index into `expressions`.
 */
export type ExprIndex = number
export type PlanHeader = Template | SecretRef
export type Milliseconds = number
export type Runtime = 'typescript' | 'python' | 'go'
/**
 * Index into `nodes`.
 */
export type NodeIndex = number
export type PlanNode =
  | PlanLlmNode
  | PlanAgentNode
  | PlanToolNode
  | PlanSetNode
  | PlanSwitchNode
  | PlanMapNode
  | PlanLoopNode
  | PlanMachineNode
  | PlanGraphNode
  | PlanWaitNode
  | PlanReceiveNode
  | PlanRunNode
  | PlanEmitNode
  | PlanCheckpointNode
  | PlanFailNode
export type PlanLlmNode = PlanCommon & {
  kind: 'llm'
  model: string
  /**
   * `system` and `prompt` of the document are messages here.
   */
  messages: PlanMessage[]
  maxOutputTokens?: MaxOutputTokens
  params?: Params
}
/**
 * Index into `bodies`.
 */
export type BodyIndex = number
/**
 * workflow: computed in the workflow itself. segment: in a local activity with others, `segment` is an index into `segments`. activity: one of its own, on `queue`.
 */
export type Placement =
  | {
      in: 'workflow'
    }
  | {
      in: 'segment'
      segment: SegmentIndex
    }
  | {
      in: 'activity'
      queue: string
    }
/**
 * Index into `segments`.
 */
export type SegmentIndex = number
/**
 * The most tokens of one answer; wins over the model's.
 */
export type MaxOutputTokens = number
export type PlanAgentNode = PlanCommon & {
  kind: 'agent'
  model: string
  instructions: Template
  input: Template
  tools: string[]
  maxTurns: number
  /**
   * Tools whose calls wait for a person, on the signal `approve_<tool>`.
   */
  approve: string[]
  handoffs: PlanHandoff[]
  maxOutputTokens?: MaxOutputTokens
  params?: Params
}
export type PlanToolNode = PlanCommon & {
  kind: 'tool'
  tool: string
  args: Template
}
export type PlanSetNode = PlanCommon & {
  kind: 'set'
  value: Template
}
export type PlanSwitchNode = PlanCommon & {
  kind: 'switch'
  cases: PlanCase[]
  else?: BodyIndex
}
export type PlanMapNode = PlanCommon & {
  kind: 'map'
  over: ExprIndex
  do: BodyIndex
  concurrency: number
  onItemError: 'fail' | 'collect'
  maxItems?: number
}
export type PlanLoopNode = PlanCommon & {
  kind: 'loop'
  state?: Template
  do: BodyIndex
  next?: Template
  until?: ExprIndex
  max: number
  onMax: 'fail' | 'stop'
}
export type PlanMachineNode = PlanCommon & {
  kind: 'machine'
  start: string
  states: {
    [k: string]:
      | {
          body: BodyIndex
          next: PlanTransition[]
        }
      | undefined
  }
  /**
   * Transitions.
   */
  max: number
  output?: Template
}
export type PlanGraphNode = PlanCommon & {
  kind: 'graph'
  do: BodyIndex
}
export type PlanWaitNode = PlanCommon & {
  kind: 'wait'
  forMs?: Milliseconds
  for?: Template
  until?: ExprIndex
}
export type PlanReceiveNode = PlanCommon & {
  kind: 'receive'
  signal: string
  default?: Template
  title?: Template
  form?: Template
}
export type PlanRunNode = PlanCommon & {
  kind: 'run'
  workflow:
    | {
        name: string
        version: string
      }
    | {
        plan: Plan
      }
  input: Template
  mode: 'wait' | 'detach'
}
export type PlanEmitNode = PlanCommon & {
  kind: 'emit'
  event: string
  data: Template
}
export type PlanCheckpointNode = PlanCommon & {
  kind: 'checkpoint'
  name: string
}
export type PlanFailNode = PlanCommon & {
  kind: 'fail'
  type: string
  message: Template
  details?: Template
}
export type WorkflowName = string
/**
 * Names a version, and may move. Begins with a letter, which no version does.
 */
export type WorkflowLabel = string
/**
 * Counted from 1.
 */
export type WorkflowNumber = number
/**
 * A name: a letter, then letters, digits and underscores, at most 63 characters. Not a word of CEL.
 */
export type IrIdentifier = string
/**
 * Any JSON value. In its strings, `${ … }` holds a CEL expression; a string that is one whole `${ … }` keeps the expression's type. `$${` is a literal `${`.
 */
export type IrTemplate = unknown
/**
 * A string in which `${ … }` holds CEL expressions.
 */
export type IrText = string
/**
 * One bare CEL expression, without `${ … }`.
 */
export type IrCel = string
/**
 * A time span: whole numbers with the units d, h, m, s, ms, from large to small.
 */
export type IrDuration = string
/**
 * A JSON Schema, draft 2020-12. `$ref` only inside itself; `pattern` in the syntax of RE2.
 *
 *
 */
export type IrJsonSchema = Record<string, unknown>
/**
 * Something that a tool or agent node calls.
 */
export type IrTool = IrToolHttp | IrToolMcp | IrToolFunction
/**
 * What the tool does, for the model that chooses it and for people.
 */
export type IrToolDescription = string
/**
 * The language of a worker.
 */
export type IrRuntime = 'typescript' | 'python' | 'go'
/**
 * A type of the table of errors, or one of the author's own, from a fail node.
 */
export type IrErrorType = string
/**
 * What is done when all attempts have failed; the first entry that matches. Its output becomes the node's output. `cancelled` and `budget_exceeded` are never caught.
 *
 * @minItems 1
 * @maxItems 20
 */
export type IrCatch = [IrCatchEntry, ...IrCatchEntry[]]
/**
 * One node, or a body `{ nodes, output }`.
 */
export type IrDo = IrNode | IrBody
/**
 * A node. `kind` says what it does.
 */
export type IrNode =
  | IrNodeLlm
  | IrNodeAgent
  | IrNodeTool
  | IrNodeSet
  | IrNodeSwitch
  | IrNodeMap
  | IrNodeLoop
  | IrNodeMachine
  | IrNodeGraph
  | IrNodeWait
  | IrNodeReceive
  | IrNodeRun
  | IrNodeEmit
  | IrNodeCheckpoint
  | IrNodeFail
/**
 * One model call; its tokens are streamed. Output: the text, or the structured value when outputSchema is given.
 */
export type IrNodeLlm = IrNodeCommon & IrNodeLlm1
/**
 * Model and tools in turns until the model answers. Output: its answer, as of llm.
 */
export type IrNodeAgent = IrNodeCommon & IrNodeAgent1
/**
 * Names of `tools`; one tool of an mcp entry is `entry.tool`.
 *
 * @minItems 1
 * @maxItems 128
 */
export type IrToolNames = [string, ...string[]]
/**
 * One tool call. Output: the tool's result.
 */
export type IrNodeTool = IrNodeCommon & IrNodeTool1
/**
 * A value, computed in the workflow without an activity of its own.
 */
export type IrNodeSet = IrNodeCommon & IrNodeSet1
/**
 * The first case whose `when` holds; only what is taken starts. Output: that of what was taken, null if nothing was.
 */
export type IrNodeSwitch = IrNodeCommon & IrNodeSwitch1
/**
 * A body for each item, in parallel. `item` and `index` (from 0) are in scope. Output: the outputs in the order of the items.
 */
export type IrNodeMap = IrNodeCommon & IrNodeMap1
/**
 * A body, again and again, at least once. `state` and `iteration` (from 0) are in scope, in `next` and `until` also `result` (what `do` gave). Output: the last state.
 */
export type IrNodeLoop = IrNodeCommon & IrNodeLoop1
/**
 * States with transitions; cycles are allowed. `states.<id>` is the last result of a state, null before it ran. Output: `output`, else the last state's result.
 */
export type IrNodeMachine = IrNodeCommon & IrNodeMachine1
/**
 * A body as one node: a scope, a unit for catch, timeout and when. Output: its `output`.
 */
export type IrNodeGraph = IrNodeCommon & IrNodeGraph1
/**
 * A durable timer. Output: null.
 */
export type IrNodeWait = IrNodeCommon & IrNodeWait1
/**
 * Waits for a signal: an approval, an answer, a callback. Output: its payload; after `timeout` the `default`, without one the error timeout.
 */
export type IrNodeReceive = IrNodeCommon & IrNodeReceive1
/**
 * Another workflow as a child run. Output: the child's output, or `{ runId }` when it is detached.
 */
export type IrNodeRun = IrNodeCommon & IrNodeRun1
/**
 * An event of the author's own on the stream, as `custom.<event>`. Output: null.
 */
export type IrNodeEmit = IrNodeCommon & IrNodeEmit1
/**
 * A named point to fork from. Output: null.
 */
export type IrNodeCheckpoint = IrNodeCommon & IrNodeCheckpoint1
/**
 * Ends the body with an error of the author's own.
 */
export type IrNodeFail = IrNodeCommon & IrNodeFail1
export type Work = LlmWork | ModelTurnWork | HttpWork | McpWork | FunctionWork | EmitWork | CheckpointWork
/**
 * The body of `POST /runs`: `ir` or `workflow`, and the input.
 */
export type StartRun = StartRun1 & StartRun2
export type StartRun1 = {
  [k: string]: unknown | undefined
}

/**
 * How a run ended, or, while it goes on, only where it stands.
 */
export type RunResult = {
  id: RunId
  status: RunStatus
  output?: unknown
  ref?: Blob
  error?: ErrorInfo
  usage?: Usage
  costUsd?: number
}
/**
 * Names a stored value by its content: SHA-256 of its bytes (JSON, UTF-8) and their number.
 */
export type Blob = {
  sha256: Sha256
  /**
   * Bytes.
   */
  size: number
}
/**
 * How a node or a run failed.
 */
export type ErrorInfo = {
  /**
   * One of errors.json's types, or the author's own from `fail`.
   */
  type: string
  message: string
  node?: Path
  /**
   * More, as JSON.
   */
  details?: unknown
}
/**
 * What was used, summed over calls, retries included. All counts, but `costUsd`.
 */
export type Usage = {
  inputTokens?: number
  outputTokens?: number
  cachedInputTokens?: number
  reasoningTokens?: number
  llmCalls?: number
  toolCalls?: number
  /**
   * US dollars, by the table of prices; absent where a model has no price.
   */
  costUsd?: number
}
/**
 * Runs, newest first.
 */
export type RunPage = {
  items: Run[]
  /**
   * Where the next page starts; absent on the last one.
   */
  nextCursor?: string
}
/**
 * A run as the API shows it.
 */
export type Run = {
  id: RunId
  status: RunStatus
  /**
   * Shown only where Temporal says otherwise than the log, which stands.
   */
  engineStatus?: string
  workflow: {
    name: string
    version?: string
  }
  tags: {
    [k: string]: string | undefined
  }
  usage: Usage
  costUsd?: number
  nodes: {
    total: number
    completed: number
    running: number
    failed: number
  }
  output?: unknown
  ref?: Blob
  error?: ErrorInfo
  parent?: RunId
  forkedFrom?: {
    runId: RunId
    seq: number
  }
  /**
   * Runs that were forked from this one, newest first, 100 at most: `GET /runs?forkedFrom=` lists them all.
   */
  forks?: RunId[]
  createdAt: Time
  startedAt?: Time
  endedAt?: Time
}
/**
 * Events of a run, oldest first.
 */
export type EventPage = {
  items: EventEnvelope[]
  /**
   * The `after` of the next page: the position up to which the log was looked at, filtered events included.
   */
  next: number
  /**
   * true: the run has ended, and no event comes after this page.
   */
  ended: boolean
}
/**
 * One event of a run's log. `seq` counts 1, 2, 3, … without a gap; the order of `seq` is the order of commits.
 */
export type EventEnvelope = {
  seq: number
  runId: RunId
  type: EventType
  time: Time
  node?: Path
  /**
   * Given by Postgres, counts the executions of this path.
   */
  attempt?: number
  data: {
    [k: string]: unknown | undefined
  }
}
/**
 * What waits for a person, the longest waiting first.
 */
export type PendingPage = {
  runId: RunId
  asOfSeq: number
  items: {
    node: Path
    /**
     * Answer with `POST /runs/{runId}/signals/{signal}?node=`.
     */
    signal: string
    since: Time
    until?: Time
    title?: string
    /**
     * JSON Schema that the payload has to fit.
     */
    schema?: Record<string, unknown> | boolean
    form?: unknown
    /**
     * Of an approval: the tool call's arguments.
     */
    detail?: unknown
  }[]
}
/**
 * The points that a run can be forked from, oldest first.
 */
export type CheckpointPage = {
  items: Checkpoint[]
  /**
   * The `after` of the next page.
   */
  next: number
}
export type Checkpoint = {
  /**
   * Of the event that stored it.
   */
  seq: number
  node: Path
  /**
   * Of a `checkpoint` node.
   */
  name?: string
  time: Time
  outputRef?: Blob
}
/**
 * The whole state of a run as of `seq`: its input, and the output of every node that had one by then. Large parts are `{ "$blob": … }` unless they were asked for.
 */
export type CheckpointState = {
  runId: RunId
  seq: number
  input: unknown
  /**
   * By path.
   */
  nodes: {
    [k: string]:
      | {
          /**
           * Of its checkpoint.
           */
          seq: number
          output?: unknown
          ref?: Blob
        }
      | undefined
  }
}
/**
 * The plan of a run with the status of each node. Nodes and bodies are named by their index.
 */
export type RunGraph = {
  runId: RunId
  workflow: string
  status: RunStatus
  asOfSeq: number
  /**
   * The first is the document's own.
   */
  bodies: {
    nodes: number[]
    /**
     * The node whose body it is.
     */
    container?: number
  }[]
  nodes: {
    /**
     * Empty for a `do` of one node.
     */
    id: string
    kind: string
    /**
     * JSON Pointer into the document.
     */
    pointer: string
    body: number
    /**
     * Nodes that it waits for.
     */
    deps: number[]
    /**
     * `pending`: not reached yet. Where it was executed more than once, what most needs a look: running, retrying, failed, cancelled, completed, reused, skipped.
     */
    status: 'pending' | NodeStatus
    /**
     * How many of its paths have which status.
     */
    executions?: {
      [k: string]: number | undefined
    }
  }[]
}
export type Resume = {
  reason?: string
  /**
   * New limits of the run, for one that paused because it would have passed one.
   */
  limits?: {
    durationMs?: number
    nodeRuns?: number
    llmCalls?: number
    tokens?: number
    costUsd?: number
  }
}
export type Validation = {
  /**
   * true: it can be started. Warnings may remain.
   */
  ok: boolean
  diagnostics: Diagnostic[]
}
/**
 * A finding of the translator.
 */
export type Diagnostic = {
  /**
   * Stable; docs/diagnostics.md has a section for each.
   */
  code: string
  severity: 'error' | 'warning'
  /**
   * JSON Pointer into the document.
   */
  path: string
  range?: Range
  /**
   * What, and why.
   */
  message: string
  /**
   * What to do.
   */
  hint?: string
  related?: {
    path: string
    message: string
    range?: Range
  }[]
}
export type Range = {
  start: Position
  end: Position
}
/**
 * Both from 1; columns count UTF-16 units.
 */
export type Position = {
  line: number
  column: number
}
/**
 * With findings of severity `error` there is only the list of them.
 */
export type Compilation = {
  ok: boolean
  diagnostics: Diagnostic[]
  planHash?: Sha256
  spec?: TemporalWorkflowSpec
  /**
   * The least and the most that a run of it can take.
   */
  bounds?: {
    [k: string]: unknown | undefined
  }
}
/**
 * All that the bridge needs to start a run's workflow.
 */
export type TemporalWorkflowSpec = {
  workflowType: 'treadleRun'
  /**
   * `<tenant>:<run id>`
   */
  workflowId: string
  taskQueue: 'treadle-workflows'
  /**
   * @minItems 1
   * @maxItems 1
   */
  args: [RunArgs, ...RunArgs[]]
  searchAttributes: SearchAttributes
  memo: {
    [k: string]: string | undefined
  }
  /**
   * From configuration, never from `limits.duration`.
   */
  workflowExecutionTimeoutMs?: number
  retryPolicy?: {
    maximumAttempts?: 1
  }
  priority?: {
    priorityKey?: number
    fairnessKey?: string
  }
  staticSummary: string
  versioning?: {
    behavior?: 'PINNED' | 'AUTO_UPGRADE'
  }
}
/**
 * The one argument of the workflow `treadleRun`.
 */
export type RunArgs = {
  run: RunRef
  plan: Plan
  /**
   * JSON; a handle where it is large.
   */
  input: unknown
  /**
   * Who is told by the signal `childEnded` when this run ends.
   */
  parent?: {
    workflowId: string
    path: Path
  }
  /**
   * A run above limits `nodeRuns`: nodes are not fused, so that each is counted before it begins.
   */
  stepwise?: true
  /**
   * It was paused before it began: nothing starts until it is resumed.
   */
  paused?: true
  /**
   * 0 for a run that a client started; a child's is its parent's plus 1.
   */
  depth?: number
  /**
   * Payloads are encrypted on their way to Temporal: the message of a failure has to be one, and not plain text.
   */
  encrypted?: true
  /**
   * of a fork: outputs are taken as given, which the local activity `takeOver` reads from the run's checkpoints
   */
  takesOver?: true
  /**
   * of a continued run: what the interpreter hands to itself (its own format).
   */
  carry?: Record<string, unknown>
}
/**
 * Names a run's rows: `createdAt` is the key of its partition.
 */
export type RunRef = {
  id: RunId
  tenant: TenantId
  createdAt: Time
  /**
   * W3C trace context of the request that started it, for logs and traces. Means nothing to the run.
   */
  traceparent?: string
}
/**
 * What the translator compiles a document to and the interpreter executes. Flat: bodies, nodes, expressions and schemas are arrays, and refer to each other by index. Plan order (of `nodes` in a body) is topological, ties by id in code-point order, so that the same document gives the same bytes whatever the order of its keys. Its hash is SHA-256 over RFC 8785 canonical JSON.
 */
export type Plan = {
  /**
   * The format's version: checked first, anything else fails the run with `invalid_request`.
   */
  plan: 1
  name: string
  expressions: PlanExpression[]
  schemas: JsonSchema[]
  inputSchema?: SchemaIndex
  models: {
    [k: string]: PlanModel | undefined
  }
  tools: {
    [k: string]: PlanTool | undefined
  }
  limits: PlanLimits
  /**
   * The first is the document's own.
   *
   * @minItems 1
   */
  bodies: [PlanBody, ...PlanBody[]]
  nodes: PlanNode[]
  /**
   * Groups of nodes of one body that the TypeScript worker executes as one activity, local or not; each node keeps its own claim, events and checkpoint.
   */
  segments: PlanSegment[]
  /**
   * What a signal can be: one entry for each `receive` and each approval, by name.
   */
  signals: PlanSignal[]
  /**
   * The most that this plan can do passes what one Temporal history holds: the interpreter continues as new at its safe points. It does so too when the server suggests it.
   */
  longRunning: boolean
}
export type PlanExpression = {
  cel: string
  /**
   * What it reads, each as a name in scope: `input`, `nodes.<id>`, `states.<id>`, `item`, … . The interpreter puts just these into the scope, and loads those that are handles.
   */
  roots: string[]
  /**
   * true: the expression is one root and nothing else, so a handle passes through unloaded.
   */
  whole?: boolean
  /**
   * Declared number types, where they change the meaning (expressions package).
   */
  types?: unknown
}
export type PlanModel = {
  provider: 'openai'
  model: string
  params?: Params
  /**
   * What a call can give at most; from the document, else the table of models.
   */
  maxOutputTokens?: number
  apiKey?: SecretRef
}
/**
 * A secret by name. The worker resolves it at the moment of the call; its value is in no event, checkpoint, log or history.
 */
export type SecretRef = {
  secret: string
  /**
   * Put before the value.
   */
  prefix?: string
}
export type PlanHttpTool = {
  kind: 'http'
  description?: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  url: Template
  query?: Template
  headers?: {
    [k: string]: PlanHeader | undefined
  }
  body?: Template
  inputSchema?: SchemaIndex
  outputSchema?: SchemaIndex
  timeoutMs?: Milliseconds
}
export type PlanMcpTool = {
  kind: 'mcp'
  description?: string
  server: {
    url: string
    headers?: {
      [k: string]: string | SecretRef | undefined
    }
  }
  /**
   * The server's tools that may be called; absent: all.
   */
  tools?: string[]
  inputSchema?: SchemaIndex
  outputSchema?: SchemaIndex
  timeoutMs?: Milliseconds
}
export type PlanFunctionTool = {
  kind: 'function'
  description?: string
  name: string
  runtime: Runtime
  inputSchema?: SchemaIndex
  outputSchema?: SchemaIndex
  timeoutMs?: Milliseconds
}
export type PlanLimits = {
  durationMs?: Milliseconds
  nodeRuns?: number
  llmCalls?: number
  tokens?: number
  costUsd?: number
  onExceeded: 'fail' | 'pause'
}
export type PlanBody = {
  /**
   * In plan order.
   */
  nodes: NodeIndex[]
  output?: Template
  /**
   * true: a `do` of one node, which has the container's path and no id of its own.
   */
  single?: boolean
  container?: NodeIndex
}
export type PlanCommon = {
  /**
   * Empty for the node of a `single` body.
   */
  id: string
  /**
   * JSON Pointer of the node in the document; names the place in error messages.
   */
  pointer: string
  body: BodyIndex
  /**
   * Nodes of the same body that it waits for: what it or its nested bodies refer to, and `after`.
   */
  deps: NodeIndex[]
  when?: ExprIndex
  timeoutMs?: Milliseconds
  retry?: PlanRetry
  catch?: PlanCatch[]
  outputSchema?: SchemaIndex
  cacheMs?: Milliseconds
  runtime?: Runtime
  placement: Placement
}
/**
 * What the author wrote; what is absent comes from the table of error types.
 */
export type PlanRetry = {
  maxAttempts?: number
  initialIntervalMs?: Milliseconds
  backoffCoefficient?: number
  maxIntervalMs?: Milliseconds
  on?: string[]
}
export type PlanCatch = {
  /**
   * Types, or just `*`.
   */
  on: string[]
  body: BodyIndex
}
export type PlanMessage = {
  role: 'system' | 'user' | 'assistant'
  content: Template
}
export type PlanHandoff = {
  name: string
  description?: string
  model: string
  instructions: Template
  tools: string[]
  approve: string[]
  handoffs: string[]
  maxOutputTokens?: MaxOutputTokens
  params?: Params
}
export type PlanCase = {
  when: ExprIndex
  body: BodyIndex
}
export type PlanTransition = {
  when?: ExprIndex
  /**
   * A state, or `end`.
   */
  to: string
}
/**
 * Convex: every dependency of a member from outside of the segment is one that holds before its first member can start.
 */
export type PlanSegment = {
  body: BodyIndex
  /**
   * @minItems 1
   */
  nodes: [NodeIndex, ...NodeIndex[]]
}
export type PlanSignal = {
  name: string
  schema?: SchemaIndex
}
/**
 * Typed search attributes. Tags are the first ones that fit 2,000 bytes of JSON; all of them are in Postgres.
 */
export type SearchAttributes = {
  TreadleTenant: string
  TreadleWorkflow: string
  TreadleVersion?: string
  TreadleStatus: string
  TreadleTags?: string[]
}
/**
 * Opens the stream of one run until `expiresAt`, as often as it is asked for.
 */
export type StreamTicket = {
  ticket: string
  /**
   * The stream with the ticket in it: what an `EventSource` opens.
   */
  url: string
  expiresAt: Time
}
/**
 * A stored workflow: its newest version, and where its labels stand.
 */
export type Workflow = {
  name: WorkflowName
  version: WorkflowNumber
  description?: string
  labels: {
    [k: string]: WorkflowNumber | undefined
  }
  createdAt: Time
  updatedAt: Time
}
/**
 * One version of a workflow. It never changes.
 */
export type WorkflowVersion = {
  name: WorkflowName
  version: WorkflowNumber
  documentSha256: Sha256
  createdAt: Time
  /**
   * The document; absent in lists and in the answer to storing it.
   */
  document?: unknown
}
/**
 * Workflows, by name.
 */
export type WorkflowPage = {
  items: Workflow[]
  /**
   * Where the next page starts; absent on the last one.
   */
  nextCursor?: string
}
/**
 * Versions of a workflow, newest first.
 */
export type WorkflowVersionPage = {
  items: WorkflowVersion[]
  /**
   * Where the next page starts; absent on the last one.
   */
  nextCursor?: string
}
export type MoveLabel = {
  version: WorkflowNumber
}
/**
 * Payloads of Temporal, as its codec endpoints take them: protobuf's JSON.
 */
export type Payloads = {
  /**
   * @maxItems 1000
   */
  payloads: {
    metadata?: {
      /**
       * Base64.
       */
      [k: string]: string | undefined
    }
    /**
     * Base64.
     */
    data?: string
    [k: string]: unknown | undefined
  }[]
}
export type Health = {
  status: 'ok'
}
export type BoundRange = {
  least: number
  /**
   * null: the document does not bound it.
   */
  most: number | null
}
/**
 * What a run of a document takes, told before it starts. `least` holds for every run that completes and reuses nothing; `most` for every run whose workers live: an attempt that died with its worker is repeated, and counted by nobody beforehand. Children that are waited for, or detached, are counted in.
 */
export type Bounds = {
  nodeRuns: BoundRange
  llmCalls: BoundRange
  toolCalls: BoundRange
  activities: BoundRange
  historyEvents: BoundRange
  outputTokens: BoundRange
  costUsd: BoundRange
}
/**
 * Stands inside a value for a part that is stored as a blob. The key `$blob` is refused in what comes from outside, so a handle is always ours.
 */
export type Handle = {
  $blob: Blob
}
export type RunCreatedData = {
  workflow: string
  version?: string
  parent?: RunId
  forkedFrom?: {
    runId: RunId
    seq: number
  }
}
/**
 * Written when nothing runs and somebody is waited for.
 */
export type RunWaitingData = {
  waiting: {
    node: Path
    signal: string
  }[]
}
/**
 * `output`, or `ref` where it is large.
 */
export type RunCompletedData = {
  output?: unknown
  ref?: Blob
  usage?: Usage
  costUsd?: number
}
export type RunFailedData = {
  error: ErrorInfo
  usage?: Usage
}
export type RunCancelledData = {
  reason?: string
  /**
   * true: terminated, running nodes were not waited for.
   */
  forced?: boolean
  usage?: Usage
}
export type NodeStartedData = {
  kind: string
  runtime?: 'typescript' | 'python' | 'go'
  childRunId?: RunId
  /**
   * of a `receive`: what it waits for
   */
  signal?: string
  title?: string
  form?: unknown
  /**
   * of a `receive`: JSON Schema that the payload has to fit
   */
  schema?: Record<string, unknown> | boolean
  /**
   * of an approval: the tool call's arguments
   */
  detail?: unknown
  until?: Time
}
/**
 * Text with its offset in the attempt, in Unicode code points; or a piece of a tool call's arguments.
 */
export type NodeDeltaData = {
  text?: string
  offset?: number
  toolCall?: {
    index: number
    id?: string
    name?: string
    arguments?: string
  }
}
/**
 * The attempt that this event names has ended without a result: drop its text.
 */
export type NodeRetryingData = {
  error: ErrorInfo
  delayMs?: number
}
/**
 * `output`, or `ref` where it is large.
 */
export type NodeCompletedData = {
  output?: unknown
  ref?: Blob
  usage?: Usage
  cached?: boolean
  /**
   * A checkpoint was written in the same statement; its seq is this event's.
   */
  checkpoint?: true
}
export type NodeFailedData = {
  error: ErrorInfo
  caught?: boolean
}
export type SignalReceivedData = {
  name: string
  id?: string
  payload?: unknown
  ref?: Blob
  /**
   * true: nothing waited for it; it is kept for a later `receive`.
   */
  kept?: boolean
}
export type LogData = {
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string
  fields?: Record<string, unknown>
}
/**
 * An event of the workflow itself on its way to the log. `n` counts 1, 2, 3, … in a run, over continue-as-new too; the run's row keeps the last one applied, so that sending again changes nothing.
 */
export type OutboxEvent = {
  n: number
  type: EventType
  node?: Path
  /**
   * true: drop it unless the node's row says that it has started and not ended (an executor may have written the end already).
   */
  ifOpen?: boolean
  data: {
    [k: string]: unknown | undefined
  }
}
/**
 * A secret by name. The worker resolves it at the moment of the call; its value appears in no event, checkpoint, log or history.
 */
export type IrCredential = {
  /**
   * The name of the secret in the worker's configuration.
   */
  secret: string
  /**
   * Text that is put before the secret's value.
   */
  prefix?: string
}
/**
 * Parameters of a model call. Those of a node win over those of its model.
 */
export type IrParams = {
  /**
   * Randomness of the answer; 0 is the least.
   */
  temperature?: number
  /**
   * Nucleus sampling: the share of probability that is considered.
   */
  topP?: number
  /**
   * The most tokens that one answer may have. Bounds of tokens and cost come from it.
   */
  maxTokens?: number
  /**
   * Texts at which the answer ends.
   *
   * @maxItems 4
   */
  stop?: string[]
  /**
   * For providers that can repeat an answer.
   */
  seed?: number
  /**
   * Less repetition of topics.
   */
  presencePenalty?: number
  /**
   * Less repetition of words.
   */
  frequencyPenalty?: number
  /**
   * How long a reasoning model thinks.
   */
  reasoningEffort?: 'minimal' | 'low' | 'medium' | 'high'
  /**
   * Fields that are sent to the provider as they stand.
   */
  extra?: Record<string, unknown>
}
/**
 * A model of a provider.
 */
export type IrModel = {
  /**
   * `openai`: any server that speaks its protocol, by base URL from the worker's configuration.
   */
  provider: 'openai'
  /**
   * The provider's name of the model.
   */
  model: string
  params?: IrParams
  apiKey?: IrCredential
  /**
   * What this model is used for.
   */
  description?: string
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrModel`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * One HTTP request. The result is its JSON body, or its text where it is not JSON.
 */
export type IrToolHttp = {
  /**
   * An HTTP request.
   */
  kind: 'http'
  description?: IrToolDescription
  /**
   * The method; GET by default.
   */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /**
   * The address. Scheme and host are literal; the rest may hold `${ … }` over `args`, each percent-encoded.
   */
  url: string
  /**
   * Query parameters by name. A null is left out, a list repeats the name.
   */
  query?: {
    [k: string]: IrTemplate | undefined
  }
  /**
   * Headers by name: a text, or a secret.
   */
  headers?: {
    [k: string]: IrCredential | IrText | undefined
  }
  body?: IrTemplate
  timeout?: IrDuration
  inputSchema?: IrJsonSchema
  outputSchema?: IrJsonSchema
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrToolHttp`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * The tools of a server of the Model Context Protocol (streamable HTTP). An agent that names it gets all of them; a tool node names one: `docs.search` is the tool `search` of the entry `docs`.
 */
export type IrToolMcp = {
  /**
   * A server of the Model Context Protocol.
   */
  kind: 'mcp'
  description?: IrToolDescription
  /**
   * The address of the server's endpoint.
   */
  server: string
  /**
   * Headers of every request: a text, or a secret.
   */
  headers?: {
    [k: string]: IrCredential | string | undefined
  }
  timeout?: IrDuration
  /**
   * The tools of the server that may be used. Without it: all.
   *
   * @minItems 1
   * @maxItems 128
   */
  tools?: [string, ...string[]]
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrToolMcp`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * A function that is registered in a worker.
 */
export type IrToolFunction = {
  /**
   * A registered function.
   */
  kind: 'function'
  description?: IrToolDescription
  /**
   * The name under which it is registered.
   */
  name: string
  runtime?: IrRuntime
  timeout?: IrDuration
  inputSchema?: IrJsonSchema
  outputSchema?: IrJsonSchema
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrToolFunction`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * Budgets. They are reserved before a call, and shared by segments, parallel branches and children.
 */
export type IrLimits = {
  duration?: IrDuration
  /**
   * The most executions of nodes. Each path counts once, skipped ones do not.
   */
  nodeRuns?: number
  /**
   * The most requests to models, retries and repair turns included.
   */
  llmCalls?: number
  /**
   * The most tokens, those of requests and answers together.
   */
  tokens?: number
  /**
   * The most money, in US dollars, by the table of prices.
   */
  costUsd?: number
  /**
   * `fail` ends the run with budget_exceeded; `pause` pauses it until a person raises the limit or cancels.
   */
  onExceeded?: 'fail' | 'pause'
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrLimits`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * How the plan is executed.
 */
export type IrExecution = {
  /**
   * `auto` executes short neighbouring nodes together, in one activity; `never` gives each node an activity of its own.
   */
  fuse?: 'auto' | 'never'
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrExecution`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * How attempts are repeated, in Temporal's terms. What is not given comes from the table of errors.
 */
export type IrRetry = {
  /**
   * The most attempts, the first included.
   */
  maxAttempts?: number
  initialInterval?: IrDuration
  /**
   * The factor by which the pause grows with each attempt.
   */
  backoffCoefficient?: number
  maxInterval?: IrDuration
  /**
   * The types of errors that are retried. Without it: those of the table of errors.
   *
   * @minItems 1
   * @maxItems 50
   */
  on?: [IrErrorType, ...IrErrorType[]]
}
/**
 * One answer to errors.
 */
export type IrCatchEntry = {
  /**
   * The types that are caught, or "*" for all that can be.
   */
  on: '*' | [IrErrorType, ...IrErrorType[]]
  do: IrDo
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrCatchEntry`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * What every node may have.
 */
export type IrNodeCommon = {
  /**
   * What the node is for. Shown beside it.
   */
  description?: string
  /**
   * Nodes that have to finish first, where no data says so.
   *
   * @minItems 1
   */
  after?: [IrIdentifier, ...IrIdentifier[]]
  when?: IrCel
  timeout?: IrDuration
  retry?: IrRetry
  catch?: IrCatch
  outputSchema?: IrJsonSchema
  cache?: IrCache
  runtime?: IrRuntime
  /**
   * `segment` allows that the node is executed together with its neighbours, `activity` forbids it, `auto` lets the translator choose.
   */
  placement?: 'auto' | 'segment' | 'activity'
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrNodeCommon`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * Takes the result of the same resolved task within a time. A hit costs nothing.
 */
export type IrCache = {
  ttl: IrDuration
}
export type IrNodeLlm1 = {
  /**
   * One model call.
   */
  kind: 'llm'
  /**
   * A name of `models`.
   */
  model: string
  system?: IrText
  prompt?: IrText
  /**
   * The whole conversation. Give this or `prompt`.
   *
   * @minItems 1
   * @maxItems 1000
   */
  messages?: [IrMessage, ...IrMessage[]]
  params?: IrParams
}
/**
 * A message of a conversation.
 */
export type IrMessage = {
  /**
   * Who speaks.
   */
  role: 'system' | 'user' | 'assistant'
  content: IrText
}
export type IrNodeAgent1 = {
  /**
   * Model and tools in turns.
   */
  kind: 'agent'
  /**
   * A name of `models`.
   */
  model: string
  instructions?: IrText
  input?: IrTemplate
  tools?: IrToolNames
  /**
   * The most model calls. Passing it is the error limit_reached.
   */
  maxTurns: number
  approve?: IrToolNames
  /**
   * Other agents that it may pass the conversation to, by name. maxTurns counts for all together.
   */
  handoffs?: {
    [k: string]: IrHandoff | undefined
  }
  params?: IrParams
}
/**
 * An agent that another one may pass to.
 */
export type IrHandoff = {
  /**
   * What this agent is good for; the model chooses by it.
   */
  description: string
  /**
   * A name of `models`; by default the node's.
   */
  model?: string
  instructions: IrText
  tools?: IrToolNames
  approve?: IrToolNames
  /**
   * Agents of the same node that it may pass on to. Without it: none.
   *
   * @minItems 1
   */
  handoffs?: [IrIdentifier, ...IrIdentifier[]]
  params?: IrParams
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrHandoff`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
export type IrNodeTool1 = {
  /**
   * One tool call.
   */
  kind: 'tool'
  /**
   * A name of `tools`; one tool of an mcp entry is `entry.tool`.
   */
  tool: string
  args?: IrTemplate
}
export type IrNodeSet1 = {
  /**
   * A value.
   */
  kind: 'set'
  value: IrTemplate
}
export type IrNodeSwitch1 = {
  /**
   * The first case that holds.
   */
  kind: 'switch'
  /**
   * The cases, in order.
   *
   * @minItems 1
   * @maxItems 100
   */
  cases: [IrSwitchCase, ...IrSwitchCase[]]
  else?: IrDo
}
/**
 * A case of a switch.
 */
export type IrSwitchCase = {
  when: IrCel
  do: IrDo
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrSwitchCase`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
export type IrNodeMap1 = {
  /**
   * A body for each item.
   */
  kind: 'map'
  over: IrCel
  do: IrDo
  /**
   * How many items are worked on at once.
   */
  concurrency?: number
  /**
   * `fail`: the first item that fails ends the map. `collect`: its place in the output is `{ error: { type, message } }`.
   */
  onItemError?: 'fail' | 'collect'
  /**
   * The most items; more are the error limit_reached. Required unless the schema of the list has maxItems.
   */
  maxItems?: number
}
export type IrNodeLoop1 = {
  /**
   * A body, again and again.
   */
  kind: 'loop'
  state?: IrTemplate
  do: IrDo
  next?: IrTemplate
  until?: IrCel
  /**
   * The most iterations.
   */
  max: number
  /**
   * After `max` iterations: `fail` with limit_reached, or `stop` with the last state. `fail` by default, `stop` when there is no `until`.
   */
  onMax?: 'fail' | 'stop'
}
export type IrNodeMachine1 = {
  /**
   * States with transitions.
   */
  kind: 'machine'
  /**
   * The state that it begins in.
   */
  start: string
  /**
   * The states by id. `end` is no state's name.
   */
  states: {
    [k: string]: IrMachineState | undefined
  }
  /**
   * The most transitions. One more is the error limit_reached.
   */
  max: number
  output?: IrTemplate
}
/**
 * A state of a machine.
 */
export type IrMachineState = {
  do: IrDo
  /**
   * The transitions; the first that holds is taken. None, or `to: end`, ends the machine.
   *
   * @minItems 1
   * @maxItems 100
   */
  next?: [IrTransition, ...IrTransition[]]
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrMachineState`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
/**
 * A way from one state to another.
 */
export type IrTransition = {
  when?: IrCel
  /**
   * The next state, or `end`.
   */
  to: string
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrTransition`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
export type IrNodeGraph1 = {
  /**
   * A body as one node.
   */
  kind: 'graph'
  nodes: IrNodes
  output?: IrTemplate
}
/**
 * Nodes by id. An id is not seen from outside its body, and does not repeat one of an enclosing body.
 */
export type IrNodes = {
  [k: string]: IrNode | undefined
}
export type IrNodeWait1 = {
  /**
   * A durable timer.
   */
  kind: 'wait'
  for?: IrText
  until?: IrCel
}
export type IrNodeReceive1 = {
  /**
   * Waits for a signal.
   */
  kind: 'receive'
  /**
   * The name of the signal.
   */
  signal: string
  default?: IrTemplate
  title?: IrText
  form?: IrTemplate
}
export type IrNodeRun1 = {
  /**
   * A child run.
   */
  kind: 'run'
  /**
   * A stored workflow as name@version, or an inline document.
   */
  workflow: string | IrDocument
  input?: IrTemplate
  /**
   * `wait` for the child's output, or `detach` and go on at once.
   */
  mode?: 'wait' | 'detach'
}
/**
 * One agent workflow, as a client posts it. Order comes from data: a node runs as soon as the nodes that it refers to have finished. Every run is bounded: repetition exists only in loop, map, machine and agent, and each carries a bound.
 */
export type IrDocument = {
  /**
   * For editors: the address of this schema. Ignored.
   */
  $schema?: string
  /**
   * The version of the language.
   */
  ir: 'treadle/v1'
  /**
   * The name of the workflow: lower case letters, digits and dashes.
   */
  name: string
  /**
   * What the workflow is for, in a sentence or two. Shown in lists.
   */
  description?: string
  inputSchema?: IrJsonSchema
  /**
   * The models that llm and agent nodes name.
   */
  models?: {
    [k: string]: IrModel | undefined
  }
  /**
   * The tools that tool and agent nodes name.
   */
  tools?: {
    [k: string]: IrTool | undefined
  }
  limits?: IrLimits
  execution?: IrExecution
  nodes: IrNodes
  output?: IrTemplate
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrDocument`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
export type IrNodeEmit1 = {
  /**
   * An event on the stream.
   */
  kind: 'emit'
  /**
   * The name of the event.
   */
  event: string
  data?: IrTemplate
}
export type IrNodeCheckpoint1 = {
  /**
   * A named point.
   */
  kind: 'checkpoint'
  /**
   * The name of the point.
   */
  name: string
}
export type IrNodeFail1 = {
  /**
   * Ends the body with an error.
   */
  kind: 'fail'
  type: IrErrorType
  message: IrText
  details?: IrTemplate
}
/**
 * Nodes with a scope of their own.
 */
export type IrBody = {
  nodes: IrNodes
  output?: IrTemplate
  /**
   * Yours: kept and ignored.
   *
   * This interface was referenced by `IrBody`'s JSON-Schema definition
   * via the `patternProperty` "^x-".
   */
  [k: string]: unknown | undefined
}
export type Message = {
  role: 'system' | 'user' | 'assistant' | 'tool'
  /**
   * Text, or a handle of a JSON string.
   */
  content?: unknown
  toolCalls?: ToolCall[]
  toolCallId?: string
}
export type ToolCall = {
  id: string
  name: string
  /**
   * As the model wrote them: JSON, or not.
   */
  arguments: string
}
/**
 * A ToolCall as the workflow gets it.
 */
export type AskedToolCall = {
  /**
   * Not empty, and no other call of the turn has it: the worker sees to that.
   */
  id: string
  /**
   * A name of `tools`, or `<name>.<tool>` of an MCP server; whatever the model wrote where it is neither.
   */
  name: string
  /**
   * As the model wrote them: JSON, or not. Empty where `args` has them.
   */
  arguments: string
  /**
   * A handle of the object that large arguments are (more than 1 KiB, in an answer above 16 KiB).
   */
  args?: unknown
}
/**
 * `path` names the tool call's checkpoint, which has its output; where there is none (a person refused it, it failed, no such tool) `content` is for the model as it stands.
 */
export type ToolCallResult = {
  toolCallId: string
  path?: Path
  content?: unknown
}
/**
 * The output of a ModelTurnWork: tool calls to be made, or the agent's answer, or why its answer does not fit `outputSchema`.
 */
export type ModelTurnAnswer = {
  toolCalls?: AskedToolCall[]
  output?: unknown
  misfit?: string
}
export type ToolSpec = {
  name: string
  description?: string
  inputSchema?: JsonSchema
  /**
   * All tools of this server (or `tools` of them) stand for this one: the worker lists them, each as `<name>.<tool>`.
   */
  mcp?: {
    server: McpServer
    tools?: string[]
  }
}
export type McpServer = {
  url: string
  headers?: {
    [k: string]: string | SecretRef | undefined
  }
}
export type LlmWork = {
  kind: 'llm'
  model: PlanModel
  messages: Message[]
}
/**
 * One model call of an agent. The transcript is rows of its own: the call reads those of `agent` up to `turn`, and writes the answer there, after `results` of the turn before. Its output is a ModelTurnAnswer. See docs/worker-protocol.md.
 */
export type ModelTurnWork = {
  kind: 'modelTurn'
  model: PlanModel
  agent: Path
  turn: number
  /**
   * Text, or a handle. Given, with `tools`, where the speaker is new: in turn 0 and after a handoff. Else those of the newest turn that had them hold, from the transcript.
   */
  instructions?: unknown
  /**
   * The first user message, given with turn 0.
   */
  input?: unknown
  tools?: ToolSpec[]
  /**
   * What came of the tool calls of the turn before, in their order.
   */
  results?: ToolCallResult[]
  /**
   * Why the answer of the turn before did not fit `outputSchema`.
   */
  repair?: string
}
export type HttpWork = {
  kind: 'http'
  tool: string
  method: string
  url: string
  query?: Record<string, unknown>
  headers: {
    [k: string]: string | SecretRef | undefined
  }
  body?: unknown
  args: unknown
}
export type McpWork = {
  kind: 'mcp'
  tool: string
  server: {
    url: string
    headers?: {
      [k: string]: string | SecretRef | undefined
    }
  }
  args: unknown
}
export type FunctionWork = {
  kind: 'function'
  tool: string
  name: string
  args: unknown
}
export type EmitWork = {
  kind: 'emit'
  event: string
  data: unknown
}
export type CheckpointWork = {
  kind: 'checkpoint'
  name: string
}
/**
 * What a worker gives back: the output (a handle where it is above 16 KiB), and the number of the last outbox event that is in the log.
 */
export type NodeResult = {
  output: unknown
  usage?: Usage
  outboxApplied: number
}
/**
 * `details[0]` of the ApplicationFailure that a failed node ends with; its `type` is the error's.
 */
export type NodeFailure = {
  error: ErrorInfo
  attempt?: number
  outboxApplied: number
}
/**
 * The argument of the local activity `record`: writes the workflow's own events. It gives back `{ outboxApplied, ended? }`; `ended`: the run has its last event, nothing more is written.
 */
export type RecordTask = {
  run: RunRef
  outbox: OutboxEvent[]
}
/**
 * The argument of the local activity `takeOver`, of a fork: reads the outputs that it takes over, page by page. It gives back a TakenOver.
 */
export type TakeOverTask = {
  run: RunRef
  after?: Path
}
export type TakenOver = {
  /**
   * By path; the larger ones are handles where all together are much.
   */
  outputs: Record<string, unknown>
  next?: Path
}
/**
 * The argument of the local activity `createChild`: writes the row of a child run (`pending`, with its first event and its parent), unless it is there. It gives back a ChildCreated.
 */
export type ChildTask = {
  run: RunRef
  path: Path
  childRunId: RunId
  workflow:
    | {
        name: string
        version: string
      }
    | {
        plan: Plan
      }
  input: unknown
  /**
   * Nobody waits for its end.
   */
  detached?: true
}
export type ChildCreated = {
  createdAt: Time
  plan?: Plan
}
/**
 * The argument of the local activity `evaluate`: renders a template whose expressions read into handles. It gives back `{ value }`, with handles for what is large.
 */
export type EvaluateTask = {
  run: RunRef
  expressions: PlanExpression[]
  template: Template
  /**
   * Names in scope; handles stand for large parts.
   */
  scope: Record<string, unknown>
  schema?: JsonSchema
  /**
   * The value is a list (or null) that stays one: its items become handles, not the whole.
   */
  spread?: true
  /**
   * with `spread`: items above this become handles; default 16 KiB. Bytes of their JSON.
   */
  itemBytesMax?: number
}
/**
 * What a worker is given: the one argument of the activity `executeNode`, on the task queue `treadle-<runtime>`. Everything is resolved: no expressions are left in it; large parts are handles (`{ "$blob": … }`), which the worker loads where it needs their content.
 */
export type NodeTask = {
  task: 1
  run: RunRef
  path: Path
  work: Work
  retry: PlanRetry
  /**
   * Types that a `catch` of the node takes (or `*`): says whether `node.failed` is `caught`.
   */
  catches?: string[]
  timeoutMs?: Milliseconds
  outputSchema?: JsonSchema
  cacheMs?: Milliseconds
  /**
   * The output is wanted in the checkpoint only: the answer's `output` is null. So are the tool calls of an agent, whose results the model reads from there.
   */
  byReference?: true
  /**
   * Events of the workflow that are not known to be in the log: written with the claim, those applied already are dropped.
   */
  outbox: OutboxEvent[]
}
export type ProblemError = {
  /**
   * JSON Pointer.
   */
  path: string
  code: string
  message: string
}
/**
 * RFC 9457 problem details; media type application/problem+json.
 */
export type Problem = {
  /**
   * `/problems/<name>`, a page that exists.
   */
  type: string
  title: string
  status: number
  detail?: string
  /**
   * The request's id.
   */
  instance?: string
  errors?: ProblemError[]
  /**
   * of invalid-ir: every finding, whole
   */
  diagnostics?: Diagnostic[]
}
export type StartRun2 = {
  /**
   * The document: an object, or its text (YAML or JSON).
   */
  ir?: unknown
  /**
   * A stored workflow: `name@version`, `name@label`, or `name` for its newest version.
   */
  workflow?: string
  /**
   * Fits the document's inputSchema. `{ "blob": sha256 }` stands for a value that was sent to `POST /blobs`.
   */
  input?: unknown
  id?: RunId
  tags?: Tags
  /**
   * 1 is first; default 3.
   */
  priority?: number
  startAt?: Time
}
/**
 * For finding runs again: `GET /runs?tag=key=value`.
 */
export type Tags = {
  [k: string]: string | undefined
}
/**
 * A new run that takes the outputs up to a point as given, with changes, and executes the rest.
 */
export type ForkRun = {
  /**
   * The `seq` of a checkpoint or of any event; or the name of a `checkpoint` node: its newest one.
   */
  from: number | string
  /**
   * In the place of the run's own.
   */
  input?: unknown
  outputs?: GivenOutputs
  /**
   * In the place of the run's own document: an object, or its text (YAML or JSON).
   */
  ir?: unknown
  tags?: Tags
}
/**
 * Outputs by node path, in the place of those of the run, or of nodes that had none yet. Containers around them are gone through again.
 */
export type GivenOutputs = {
  [k: string]: unknown | undefined
}
/**
 * A fork of a run that has ended from its end: all that completed is taken over, and what failed or was cancelled is executed again.
 */
export type Rerun = {
  /**
   * In the place of the run's own.
   */
  input?: unknown
  outputs?: GivenOutputs
  /**
   * In the place of the run's own document: an object, or its text (YAML or JSON).
   */
  ir?: unknown
  tags?: Tags
}
/**
 * The values of a run by node path, as of `asOfSeq`.
 */
export type RunState = {
  runId: RunId
  status: RunStatus
  asOfSeq: number
  nodes: {
    [k: string]:
      | {
          status: NodeStatus
          attempt: number
          output?: unknown
          ref?: Blob
          error?: ErrorInfo
        }
      | undefined
  }
}
export type Reason = {
  reason?: string
}
export type Accepted = {
  id: RunId
  status: RunStatus
}
export type SignalAccepted = {
  id: RunId
  signal: string
  /**
   * of its `signal.received`
   */
  seq?: number
}
/**
 * What a segment needs of its plan, by the plan's own numbers.
 */
export type PlanPart = {
  bodies: {
    [k: string]: PlanBody | undefined
  }
  nodes: {
    [k: string]: PlanNode | undefined
  }
  expressions: {
    [k: string]: PlanExpression | undefined
  }
  schemas: {
    [k: string]: JsonSchema | undefined
  }
  tools: {
    [k: string]: PlanTool | undefined
  }
}
/**
 * How an entry of the memo has become: its own fields, and in `inner` what has changed in it (null: gone). Without `inner` there is nothing in it any more.
 */
export type MemoDelta = {
  inner?: {
    [k: string]: MemoDelta | null | undefined
  }
  [k: string]: unknown | undefined
}
/**
 * How far a segment came. `open`: its time was over, a node waits for its next attempt, or the run pauses; it goes on with another task.
 */
export type SegmentResult = {
  status: 'done' | 'failed' | 'cancelled' | 'open'
  memo?: MemoDelta
  error?: ErrorInfo
  delayMs?: Milliseconds
  /**
   * with `open`: a pause was asked for
   */
  paused?: true
  /**
   * The run has its last event, by `endN`.
   */
  ended?: true
  outboxApplied: number
}
/**
 * The one argument of the activity `executeSegment`: short nodes of one body, with all that is inside of them, for an executor of the TypeScript worker. It executes the same scheduler core as the workflow, and goes on from `memo` and from the checkpoints that it finds.
 */
export type SegmentTask = {
  task: 1
  run: RunRef
  /**
   * Of the body: its container's with the place in it; empty for the document's.
   */
  path: string
  body: BodyIndex
  plan: PlanPart
  /**
   * Names from outside that are read, such as `input` and `nodes.a`.
   */
  scope: Record<string, unknown>
  /**
   * What is known to be done, by node: the interpreter's own format.
   */
  memo: {
    [k: string]:
      | {
          [k: string]: unknown | undefined
        }
      | undefined
  }
  /**
   * of a fork: outputs by path that are taken as given
   */
  reused?: {
    [k: string]: unknown | undefined
  }
  startMs: Milliseconds
  /**
   * Nothing else of the run is left: the executor writes its last event too, by this number of the outbox.
   */
  endN?: number
  /**
   * Events of the workflow that are not known to be in the log.
   */
  outbox: OutboxEvent[]
}
