import type { BodyIndex, Json, NodeIndex, SegmentIndex } from '@treadle/contract'
import { at, type Engine, type Frame, pathOf } from './engine.ts'
import { cancelled, Failure } from './failure.ts'
import type { SegmentOutcome } from './host.ts'
import { inside, type MemoEntry, memoToJson } from './memo.ts'
import { applyMemoDelta } from './memo-delta.ts'
import { planPartOf } from './plan-part.ts'
import { findValue } from './scope.ts'

/** Which segment, of which body, and where; `isRest`: all other nodes of the document are done. */
export type SegmentCall = { segment: SegmentIndex; frame: Frame; isRest: boolean }

/**
 * Has the host execute a segment, again and again until all its nodes are done: an executor gives back what it got done when its time is
 * over, before a long backoff, and when the run pauses. Resolves to the members' outputs; rejects as `runGroup` does.
 */
export async function runSegment(
  engine: Engine,
  { segment, frame, isRest }: SegmentCall,
): Promise<[NodeIndex, Json][]> {
  const { body, nodes } = at(engine.plan.segments, segment, 'segment')
  const members = nodes.map((index) => [index, memoOf(engine, frame, index)] as const)
  try {
    while (members.some(([, { output }]) => output === undefined)) {
      if (frame.cancellation.isCancelled) throw cancelled()
      const outcome = await engine.host.executeSegment?.(
        requestOf(engine, { segment, frame, isRest }),
        frame.cancellation,
      )
      if (!outcome) throw new Error('This host executes no segments.')
      if (outcome.memo) applyMemoDelta(frame.memo, outcome.memo)
      await goOn(engine, outcome, { frame, body })
    }
  } catch (thrown) {
    // What an executor left open (it was cancelled between two parts of the segment) is ended here.
    for (const [index, memo] of members) cancelOpen(engine, memo, pathOf(frame.path, idOf(engine, index)))
    throw thrown
  }
  return members.map(([index, { output }]) => [index, output ?? null])
}

async function goOn({ host }: Engine, outcome: SegmentOutcome, { frame }: { frame: Frame; body: BodyIndex }) {
  switch (outcome.status) {
    case 'done':
      return
    case 'failed':
      throw new Failure(outcome.error)
    case 'cancelled':
      throw cancelled()
    case 'open': {
      const { delayMs = 0 } = outcome
      if (delayMs > 0)
        await host.sleep({ path: frame.path, untilMs: host.now() + delayMs, purpose: 'retry' }, frame.cancellation)
    }
  }
}

function requestOf(engine: Engine, { segment, frame, isRest }: SegmentCall) {
  const { plan, reused } = engine
  const { body, nodes: members } = at(plan.segments, segment, 'segment')
  const part = planPartOf(plan, { body, nodes: members, withOutput: isRest })
  // What ends the run needs the outputs of all nodes of the document.
  const ids = (isRest ? at(plan.bodies, body, 'body').nodes : members).map((index) => idOf(engine, index))
  const memo = Object.fromEntries(ids.map((id) => [id, memoToJson(inside(frame.memo, id))]))
  const scope = Object.fromEntries(
    part.roots.flatMap((root) => {
      const value = findValue(frame.scope, root)
      return value === undefined ? [] : [[root, value] as const]
    }),
  )
  const paths = ids.map((id) => pathOf(frame.path, id))
  const given = [...reused].filter(([path]) => paths.some((own) => path.startsWith(own)))
  return {
    path: frame.path,
    body,
    plan: part.plan,
    scope,
    memo,
    timeoutMs: part.timeoutMs,
    isRest,
    ...(given.length > 0 ? { reused: Object.fromEntries(given) } : {}),
  }
}

/** Ends what has started in `entry` and has not ended, the innermost first. */
function cancelOpen(engine: Engine, entry: MemoEntry, path: string): void {
  if (entry.output !== undefined || entry.ended) return
  for (const [key, inner] of entry.inner ?? [])
    cancelOpen(engine, inner, PLACE.test(key) ? `${path}${key}` : pathOf(path, key))
  if (!entry.owner) return
  entry.ended = { status: 'cancelled' }
  engine.host.emit({ type: 'node.cancelled', node: path, data: {}, ifOpen: true })
}

/** Keys of the memo are ids of nodes, or places in a container. */
const PLACE = /^[[#@?!~]/

const idOf = ({ plan }: Engine, index: NodeIndex) => at(plan.nodes, index, 'node').id
const memoOf = (engine: Engine, frame: Frame, index: NodeIndex) => inside(frame.memo, idOf(engine, index))
