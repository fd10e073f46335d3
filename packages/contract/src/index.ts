/** Safe to import anywhere, Temporal's workflow sandbox included: no I/O, no Node modules. Validators: `@treadle/contract/validate`. */
export * from './approval.ts'
export * from './budget.ts'
export * from './errors.ts'
export type * from './generated/types.ts'
export * from './handles.ts'
export * from './ids.ts'
export type * from './json.ts'
export * from './wire-names.ts'
