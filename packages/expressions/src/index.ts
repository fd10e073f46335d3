export { type CheckEnvironment, type CheckResult, check } from './check.ts'
export { type Expression, type ParseResult, parseExpression, references } from './expression.ts'
export { ExpressionError, type ExpressionErrorCode, type Place } from './expression-error.ts'
export type { ExpressionIssue, IssueCode } from './issue.ts'
export { canonicalJson, type Json } from './json.ts'
export type { Reference } from './references.ts'
export { parseTemplate, type TemplateIssue, type TemplatePlace } from './template/parse-template.ts'
export { renderTemplate } from './template/render-template.ts'
export { expressionsOf, type Template } from './template/template.ts'
export {
  alternatives,
  BOOL,
  type CelType,
  DOUBLE,
  DYN,
  describeType,
  fieldOf,
  INT,
  isAssignable,
  isNullable,
  type ListType,
  listOf,
  NULL,
  nullable,
  type ObjectType,
  objectOf,
  STRING,
  unionOf,
  withoutNull,
} from './types/cel-type.ts'
export type { DoubleShape, Doubles } from './types/doubles.ts'
export { type ResolveRef, typeOfSchema } from './types/type-of-schema.ts'
