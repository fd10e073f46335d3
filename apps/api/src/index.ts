/** For tests, which build an API of their own; production starts `main.ts`. */

export { newApiKey } from './auth/api-key.ts'
export { createVerifyToken, type TokenOptions } from './auth/json-web-tokens.ts'
export { createFindPrincipal } from './auth/principal.ts'
export { SCOPES, TENANT_SCOPES } from './auth/scopes.ts'
export { type ApiParts, buildApi } from './build-api.ts'
export { type Config, readConfig } from './config.ts'
export { createCompileDocument } from './documents/compile-document.ts'
export { createReconciler, type Reconciler } from './reconciler/reconciler.ts'
export { createSampleSpec, createSpecOf } from './runs/specs.ts'
export { createStarter } from './runs/starter.ts'
