import {
  handlesIn,
  isAboutUnread,
  type Json,
  type JsonSchema,
  type Plan,
  type ProblemError,
  placesOfHandles,
  replaceHandles,
  type TenantId,
} from '@treadle/contract'
import type { BlobStore } from '@treadle/storage'
import { problem } from '../http/problem.ts'
import type { CheckValue } from './check-value.ts'
import { createResolveValues } from './resolve-values.ts'
import { referToUploads, type Uploaded, type UploadParts } from './uploaded-values.ts'

export type CheckInputParts = UploadParts & { blobs: Pick<BlobStore, 'get' | 'has'>; checkValue: CheckValue }

/** Of the input's JSON; what is larger is uploaded, and stands in it by its hash. */
const INPUT_BYTES_MAX = 1024 * 1024

/**
 * The input of a run, with handles in the place of what was sent to `POST /blobs`, once it fits the plan.
 * @throws ProblemAnswer `invalid-input` with each place, `too-large`
 */
export async function checkInput(parts: CheckInputParts, tenant: TenantId, plan: Plan, input: Json): Promise<Uploaded> {
  const bytes = Buffer.byteLength(JSON.stringify(input))
  if (bytes > INPUT_BYTES_MAX) {
    throw problem(
      'too-large',
      `The input has ${bytes} bytes; at most ${INPUT_BYTES_MAX} are taken: send large parts to POST /blobs.`,
    )
  }
  refuse(parts.checkValue(undefined, input), '/input')
  const uploaded = await referToUploads(parts, tenant, input, '/input')
  const schema = plan.inputSchema === undefined ? undefined : plan.schemas[plan.inputSchema]
  refuse(await storedValueErrors(parts, tenant, schema, uploaded.value), '/input')
  return uploaded
}

/**
 * What of a value that may hold handles does not fit a schema. Parts that are too large to be loaded are not looked into, here or by any
 * expression later: what the schema says of them and inside them does not count.
 */
export async function storedValueErrors(
  { blobs, checkValue }: { blobs: Pick<BlobStore, 'get'>; checkValue: CheckValue },
  tenant: TenantId,
  schema: JsonSchema | undefined,
  stored: Json,
): Promise<ProblemError[]> {
  if (schema === undefined) return []
  const value = await createResolveValues(blobs)(tenant, stored).catch((error: unknown) => {
    throw problem('dependency-unavailable', 'The blob store cannot be reached.', { cause: error })
  })
  if (handlesIn(value).length === 0) return checkValue(schema, value)
  const unread = placesOfHandles(value)
  return checkValue(
    schema,
    replaceHandles(value, () => null),
  ).filter(({ path, code }) => !isAboutUnread(path, code, unread))
}

function refuse(errors: readonly ProblemError[], at: string): void {
  if (errors.length === 0) return
  const placed = errors.map((error): ProblemError => ({ ...error, path: `${at}${error.path}` }))
  throw problem('invalid-input', `${placed.map(({ path, message }) => `${path} ${message}`).join('; ')}.`, {
    errors: placed,
  })
}
