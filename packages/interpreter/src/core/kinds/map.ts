import type { Json } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import { type Call, frameAt } from '../engine.ts'
import { begin } from '../events.ts'
import { fail, isCatchable, toFailure } from '../failure.ts'
import { runGroup } from '../group.ts'
import { finish, inside } from '../memo.ts'
import { evaluateList, keep, nameOf } from '../render.ts'
import { createScope } from '../scope.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

type MapCall = Call<NodeOf<'map'>>

/** A body for each item, `concurrency` of them at a time, started in the order of the items. */
export const runMap: Kind<NodeOf<'map'>> = (call) =>
  withTimeout(call, async (cancellation) => {
    begin(call)
    const items = await itemsOf(call)
    const outputs: Json[] = new Array(items.length).fill(null)
    await runGroup(cancellation, (group) => {
      let next = 0
      const lane = async (): Promise<void> => {
        for (let index = next++; index < items.length; index = next++) {
          if (group.cancellation.isCancelled) return
          outputs[index] = await runItem(call, items[index] ?? null, index, group.cancellation)
        }
      }
      for (let lanes = 0; lanes < Math.min(call.node.concurrency, items.length); lanes++) group.spawn(lane)
    })
    return outputs
  })

async function itemsOf(call: MapCall): Promise<Json[]> {
  const { over, maxItems } = call.node
  const items = await evaluateList(call, over)
  if (items === null) return []
  if (!Array.isArray(items)) throw fail('invalid_request', `\`over\` has to give a list or null, not ${nameOf(items)}`)
  if (maxItems !== undefined && items.length > maxItems)
    throw fail('limit_reached', `\`over\` gave ${items.length} items, and \`maxItems\` is ${maxItems}`)
  return items
}

async function runItem(call: MapCall, item: Json, index: number, cancellation: Cancellation): Promise<Json> {
  const place = `[${index}]`
  const memo = inside(call.memo, place)
  if (memo.output !== undefined) return memo.output
  const frame = frameAt(call, place, createScope(call.scope, { item, index }), cancellation)
  try {
    const output = await keep(call, await call.engine.runBody(call.node.do, frame))
    finish(memo, output)
    return output
  } catch (thrown) {
    const { info } = toFailure(thrown, frame.path)
    if (call.node.onItemError === 'fail' || cancellation.isCancelled || !isCatchable(info.type)) throw thrown
    const output = { error: { type: info.type, message: info.message } }
    finish(memo, output)
    return output
  }
}
