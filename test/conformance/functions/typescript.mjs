// The functions that the cases call, as README.md of this folder lists them: the same in every language.
import { TreadleError, treadle } from '@treadle/worker'

const TEXT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }

treadle.function(
  'conformance.length',
  { input: TEXT, output: { type: 'integer' } },
  ({ text, result }) => result ?? text.length,
)

treadle.function('conformance.stream', {}, async ({ pieces }, context) => {
  for (const piece of pieces) await context.emitText(piece)
  await context.log('info', 'half way', { at: context.path })
  return { run: context.run.id, tenant: context.run.tenant, attempt: context.attempt, path: context.path }
})

treadle.function('conformance.fail', {}, ({ type, message, retryAfterMs }) => {
  if (type === undefined) throw new Error(message)
  throw new TreadleError(type, message, retryAfterMs === undefined ? {} : { retryAfterMs })
})

/** Never ends by itself, and ends when it is told to stop. */
treadle.function('conformance.wait', {}, async (_args, context) => {
  await context.emitText('waiting')
  await new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason)))
})

/** Never ends, and listens to nobody. */
treadle.function('conformance.deaf', {}, async (_args, context) => {
  await context.emitText('waiting')
  await new Promise(() => {})
})

treadle.function('conformance.secret', { secrets: ['TOKEN'] }, async ({ name }, context) => {
  const value = await context.secret(name)
  await context.log('info', `It is ${value}.`)
  for (const letter of `It is ${value}, I think.`) await context.emitText(letter)
  return { value, list: [`Bearer ${value}`], length: value.length }
})

treadle.function('conformance.value', {}, ({ value }) => value)

treadle.function('conformance.state', {}, async ({ save, wait, forge }, context) => {
  const state = await context.loadState()
  if (state !== null) return { state, attempt: context.attempt }
  await context.saveState(forge ? { a: { $blob: save } } : save)
  await context.emitText('saved')
  if (wait) await new Promise(() => {})
  throw new TreadleError('unavailable', 'Not yet.')
})

treadle.function('conformance.metadata', {}, async (_args, context) => {
  const { workflow, version = null, tags } = await context.metadata()
  return { workflow, version, tags }
})

treadle.function('conformance.progress', {}, async (_args, context) => {
  await context.progress(0.25, 'a quarter')
  await context.progress(1, 'done')
})
