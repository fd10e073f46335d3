import type { Message, PlanMessage } from '@treadle/contract'
import type { Call } from '../engine.ts'
import { executeWork } from '../execute-work.ts'
import { modelOf } from '../model.ts'
import { render } from '../render.ts'
import { textOf } from '../text.ts'
import type { Kind, NodeOf } from './kind.ts'

export const runLlm: Kind<NodeOf<'llm'>> = async (call) => {
  const messages: Message[] = []
  for (const message of call.node.messages) messages.push(await renderMessage(call, message))
  return executeWork(call, { kind: 'llm', model: modelOf(call.engine.plan, call.node), messages })
}

const renderMessage = async (call: Call, { role, content }: PlanMessage): Promise<Message> => ({
  role,
  content: textOf(await render(call, content)),
})
