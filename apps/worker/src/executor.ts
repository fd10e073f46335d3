/** The executor without Temporal around it: for tests and benchmarks that host attempts themselves. */
export type { AttemptNode } from './attempt/attempt-node.ts'
export type { AttemptOutcome } from './attempt/outcome.ts'
export type { Stop, StopReason } from './attempt/stop.ts'
export { type ActivityParts, createActivities } from './create-activities.ts'
export { createFunctionRegistry, type FunctionRegistry } from './functions/registry.ts'
export { createEgress, type EgressOptions } from './net/egress.ts'
export { exchange } from './net/http-exchange.ts'
export { createRedactor } from './secrets/redactor.ts'
