export type { ChatRequest, ModelError, ModelScript, ModelStep } from './scripted/model-script.ts'
export {
  type ModelAnswer,
  type ModelMatcher,
  type ScriptedModel,
  type ScriptedModelOptions,
  startScriptedModel,
} from './scripted/scripted-model.ts'
export type { Outcome, RecordedRequest } from './scripted/scripted-server.ts'
export {
  type ScriptedTools,
  startScriptedTools,
  type ToolAnswer,
  type ToolBehaviour,
} from './scripted/scripted-tools.ts'
