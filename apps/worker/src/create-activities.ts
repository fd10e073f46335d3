import type { NodeResult, NodeTask, RunEnd, RunRef } from '@treadle/contract'
import { ACTIVITIES } from '@treadle/contract'
import type {
  Appender,
  BlobRefs,
  BlobStore,
  Budgets,
  ChildRuns,
  FunctionStore,
  ResultCache,
  TakenOverOutputs,
  Transcripts,
} from '@treadle/storage'
import type { Tracing } from '@treadle/telemetry'
import { createCreateChild } from './activities/create-child.ts'
import { createEvaluate } from './activities/evaluate.ts'
import { createExecuteNode } from './activities/execute-node.ts'
import { createExecuteSegmentActivity } from './activities/execute-segment.ts'
import { createRecord } from './activities/record.ts'
import { requestCancel } from './activities/request-cancel.ts'
import { createTakeOver } from './activities/take-over.ts'
import { createOfferTools } from './agent/offer-tools.ts'
import { createAttemptNode } from './attempt/attempt-node.ts'
import { createFinishOutput } from './attempt/finish-output.ts'
import { traceAttempts } from './attempt/traced-attempts.ts'
import type { WorkerConfig } from './config.ts'
import type { FunctionRegistry } from './functions/registry.ts'
import type { Log } from './log.ts'
import { createListTools } from './mcp/list-tools.ts'
import { createMcpSessions } from './mcp/mcp-sessions.ts'
import { createAskModel } from './model/ask-model.ts'
import { createChatClients } from './model/chat-client.ts'
import { createEgress } from './net/egress.ts'
import type { WorkflowOf } from './secrets/grants.ts'
import type { Redactor } from './secrets/redactor.ts'
import { createSecrets } from './secrets/secrets.ts'
import { createExecuteSegment } from './segment/execute-segment.ts'
import { createEvaluateTemplate } from './values/evaluate-template.ts'
import { createSchemas } from './values/schemas.ts'
import { createValues } from './values/values.ts'
import { checkpointWork } from './work/checkpoint.ts'
import { emitWork } from './work/emit.ts'
import { createFunctionWork } from './work/function.ts'
import { createHttpWork } from './work/http.ts'
import { createLlmWork } from './work/llm.ts'
import { createMcpWork } from './work/mcp.ts'
import { createModelTurnWork } from './work/model-turn.ts'
import type { WorkTable } from './work/work.ts'

export type ActivityParts = {
  config: Pick<WorkerConfig, 'openai' | 'egressAllow' | 'secrets' | 'models'>
  appender: Appender
  budgets: Budgets
  children: ChildRuns
  runEnd: (run: RunRef) => Promise<RunEnd | undefined>
  blobs: BlobStore
  refs: BlobRefs
  takenOver: TakenOverOutputs
  workflowOf: WorkflowOf
  transcripts: Transcripts
  cache: ResultCache
  redactor: Redactor
  functions: FunctionRegistry
  states: Pick<FunctionStore, 'saveState' | 'loadState' | 'runMetadata'>
  tracing?: Tracing | undefined
  log: Log
}

/** Everything that the worker executes, `byName` of its activities. */
export function createActivities(parts: ActivityParts) {
  const { config, appender, budgets, blobs, refs, takenOver, transcripts, cache, redactor, functions, states, log } =
    parts
  const values = createValues({ blobs, refs, log })
  const schemas = createSchemas()
  const secrets = createSecrets({ ...config.secrets, workflowOf: parts.workflowOf, redactor })
  const clients = createChatClients({ ...config.openai, secrets })
  const egress = createEgress({ allow: config.egressAllow })
  const ask = createAskModel({ clients, models: config.models, tracing: parts.tracing })
  const sessions = createMcpSessions({ secrets, redactor, dispatcher: egress.dispatcher })
  const offerTools = createOfferTools({ transcripts, listTools: createListTools({ sessions }) })

  const work: WorkTable = {
    llm: createLlmWork({ ask, schemas }),
    http: createHttpWork({ secrets, redactor, dispatcher: egress.dispatcher }),
    function: createFunctionWork({ functions, states, secrets, schemas }),
    emit: emitWork,
    checkpoint: checkpointWork,
    mcp: createMcpWork({ sessions, redactor }),
    modelTurn: createModelTurnWork({ ask, schemas, transcripts, offerTools }),
  }
  const finishOutput = createFinishOutput({ redactor, schemas, values })
  const attempt = createAttemptNode({ appender, budgets, work, finishOutput, values, cache, redactor, log })
  const attemptNode = traceAttempts(attempt, parts.tracing)
  const evaluate = createEvaluateTemplate({ values, schemas })
  const executeSegment = createExecuteSegment({ attemptNode, evaluate, appender })

  return {
    attemptNode,
    executeSegment,
    byName: {
      [ACTIVITIES.record]: createRecord(parts),
      [ACTIVITIES.requestCancel]: requestCancel,
      [ACTIVITIES.evaluate]: createEvaluate(evaluate),
      [ACTIVITIES.takeOver]: createTakeOver({ takenOver, values }),
      [ACTIVITIES.executeSegment]: createExecuteSegmentActivity({ executeSegment, log }),
      [ACTIVITIES.createChild]: createCreateChild({ children: parts.children, refs, values, schemas }),
      [ACTIVITIES.executeNode]: createExecuteNode({ attemptNode, log }) as (task: NodeTask) => Promise<NodeResult>,
    },
    close: async () => {
      await Promise.all([clients.close(), egress.close()])
    },
  }
}
