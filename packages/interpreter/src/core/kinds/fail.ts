import { begin } from '../events.ts'
import { Failure } from '../failure.ts'
import { render } from '../render.ts'
import { textOf } from '../text.ts'
import type { Kind, NodeOf } from './kind.ts'

export const runFail: Kind<NodeOf<'fail'>> = async (call) => {
  begin(call)
  const { type, message, details } = call.node
  const text = textOf(await render(call, message))
  const info = {
    type,
    message: typeof text === 'string' ? text : 'The message is too large to be shown.',
    node: call.path,
  }
  throw new Failure(details === undefined ? info : { ...info, details: await render(call, details) })
}
