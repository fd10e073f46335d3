import { test } from 'vitest'
import { check } from '../../testing/check.ts'

const set = (value: unknown) => ({ kind: 'set', value }) as const
const llm = { kind: 'llm' } as const
const refused = { error: { type: 'refused' } }

test('switch takes the first case that holds, and only that starts', () =>
  check(
    {
      nodes: {
        s: {
          kind: 'switch',
          cases: [
            { when: 'input > 5', do: set('big') },
            { when: 'input > 2', do: { nodes: { m: set('middle') } } },
          ],
          else: set('small'),
        },
      },
    },
    { input: 3 },
    `+ s
     + s?1.m
     - s?1.m = "middle"
     - s = {"m":"middle"}
     = {"s":{"m":"middle"}}`,
  ))

test('switch without a case that holds takes `else`; without that it gives null', () =>
  check(
    {
      nodes: {
        a: { kind: 'switch', cases: [{ when: 'false', do: set(1) }], else: set(2) },
        b: { kind: 'switch', cases: [{ when: 'false', do: set(1) }] },
      },
    },
    {},
    `+ a
     + b
     + a?else
     - a?else = 2
     - b = null
     - a = 2
     = {"a":2,"b":null}`,
  ))

test('map starts `concurrency` items at a time in their order, and gives the outputs in the order of the items', () =>
  check(
    { nodes: { m: { kind: 'map', over: 'input', concurrency: 2, do: llm } } },
    { input: [1, 2, 3], answers: { 'm[0]': { output: 'x' } } },
    `+ m
     + m[0]
     - m[0] = "x"
     + m[1]
     - m[1] = "m[1]"
     + m[2]
     - m[2] = "m[2]"
     - m = ["x","m[1]","m[2]"]
     = {"m":["x","m[1]","m[2]"]}`,
  ))

test('map over null is empty, over anything else but a list an invalid request, over too many limit_reached', () =>
  Promise.all([
    check({ nodes: { m: { kind: 'map', over: 'input', do: llm } } }, { input: null }, '+ m\n- m = []\n= {"m":[]}'),
    check(
      { nodes: { m: { kind: 'map', over: 'input', do: llm } } },
      { input: 3 },
      '+ m\n! m invalid_request\n= !invalid_request m',
    ),
    check(
      { nodes: { m: { kind: 'map', over: 'input', maxItems: 1, do: llm } } },
      { input: [1, 2] },
      '+ m\n! m limit_reached\n= !limit_reached m',
    ),
  ]))

test('the first item that fails ends the map', () =>
  check(
    { nodes: { m: { kind: 'map', over: 'input', concurrency: 2, do: llm } } },
    { input: [1, 2, 3], answers: { 'm[0]': 'hangs', 'm[1]': refused } },
    `+ m
     + m[0]
     + m[1]
     ! m[1] refused
     x m[0]
     ! m refused
     = !refused m[1]`,
  ))

test('with `collect` a failed item is its error, and the others go on', () =>
  check(
    { nodes: { m: { kind: 'map', over: 'input', onItemError: 'collect', do: { nodes: { a: llm } } } } },
    { input: [1, 2], answers: { 'm[0].a': refused } },
    `+ m
     + m[0].a
     ! m[0].a refused
     + m[1].a
     - m[1].a = "m[1].a"
     - m = [{"error":{"type":"refused","message":"scripted"}},{"a":"m[1].a"}]
     = {"m":[{"error":{"type":"refused","message":"scripted"}},{"a":"m[1].a"}]}`,
  ))

test('`collect` does not take what can never be caught', () =>
  check(
    { nodes: { m: { kind: 'map', over: '[1]', onItemError: 'collect', do: llm } } },
    { answers: { 'm[0]': { error: { type: 'budget_exceeded' } } } },
    '+ m\n+ m[0]\n! m[0] budget_exceeded\n! m budget_exceeded\n= !budget_exceeded m[0]',
  ))

test('loop: do, then next, then until looks at the new state', () =>
  check(
    {
      nodes: {
        l: {
          kind: 'loop',
          state: 1,
          do: set('${state * 2 + iteration}'),
          next: '${result}',
          until: 'state >= 9 && result == state',
          max: 9,
        },
      },
    },
    {},
    `+ l
     + l#0
     - l#0 = 2
     + l#1
     - l#1 = 5
     + l#2
     - l#2 = 12
     - l = 12
     = {"l":12}`,
  ))

test('loop without until runs `max` times; the first state is null, and the result is the next one', () =>
  check(
    { nodes: { l: { kind: 'loop', do: set(['${state}']), max: 2 } } },
    {},
    '+ l\n+ l#0\n- l#0 = [null]\n+ l#1\n- l#1 = [[null]]\n- l = [[null]]\n= {"l":[[null]]}',
  ))

test('loop that reaches `max` fails with limit_reached, or stops with the last state where that is asked for', () =>
  Promise.all([
    check(
      { nodes: { l: { kind: 'loop', do: set(1), until: 'false', max: 1 } } },
      {},
      '+ l\n+ l#0\n- l#0 = 1\n! l limit_reached\n= !limit_reached l',
    ),
    check(
      { nodes: { l: { kind: 'loop', do: set(1), until: 'false', max: 1, onMax: 'stop' } } },
      {},
      '+ l\n+ l#0\n- l#0 = 1\n- l = 1\n= {"l":1}',
    ),
  ]))

const draft = {
  kind: 'machine',
  start: 'write',
  max: 3,
  states: {
    write: { do: { nodes: { w: set('${states.write == null ? 1 : states.write.w + 1}') } }, next: [{ to: 'judge' }] },
    judge: {
      do: set('${states.write.w >= 2}'),
      next: [
        { when: 'result', to: 'end' },
        { when: 'true', to: 'write' },
      ],
    },
  },
} as const

test('machine follows the first transition that holds, until one leads to `end`', () =>
  check(
    { nodes: { m: { ...draft, output: { text: '${states.write.w}', last: '${result}' } } } },
    {},
    `+ m
     + m@0:write.w
     - m@0:write.w = 1
     + m@1:judge
     - m@1:judge = false
     + m@2:write.w
     - m@2:write.w = 2
     + m@3:judge
     - m@3:judge = true
     - m = {"text":2,"last":true}
     = {"m":{"text":2,"last":true}}`,
  ))

test('machine ends where no transition holds, with the last state’s result; one transition too many is limit_reached', () =>
  Promise.all([
    check(
      {
        nodes: {
          m: {
            kind: 'machine',
            start: 'a',
            max: 0,
            states: { a: { do: set(1), next: [{ when: 'result > 1', to: 'a' }] } },
          },
        },
      },
      {},
      '+ m\n+ m@0:a\n- m@0:a = 1\n- m = 1\n= {"m":1}',
    ),
    check(
      { nodes: { m: { kind: 'machine', start: 'a', max: 1, states: { a: { do: set(1), next: [{ to: 'a' }] } } } } },
      {},
      '+ m\n+ m@0:a\n- m@0:a = 1\n+ m@1:a\n- m@1:a = 1\n! m limit_reached\n= !limit_reached m',
    ),
  ]))

test('containers in containers carry their places in the path', () =>
  check(
    {
      nodes: {
        m: {
          kind: 'map',
          over: '[[1], [2]]',
          do: {
            kind: 'map',
            over: 'item',
            do: { kind: 'loop', max: 1, do: { kind: 'switch', cases: [{ when: 'true', do: llm }] } },
          },
        },
      },
      output: '${nodes.m}',
    },
    { answers: { 'm[0][0]#0?0': { output: 'a' }, 'm[1][0]#0?0': { output: 'b' } } },
    `+ m
     + m[0]
     + m[1]
     + m[0][0]
     + m[1][0]
     + m[0][0]#0
     + m[1][0]#0
     + m[0][0]#0?0
     - m[0][0]#0?0 = "a"
     - m[0][0]#0 = "a"
     - m[0][0] = "a"
     - m[0] = ["a"]
     + m[1][0]#0?0
     - m[1][0]#0?0 = "b"
     - m[1][0]#0 = "b"
     - m[1][0] = "b"
     - m[1] = ["b"]
     - m = [["a"],["b"]]
     = [["a"],["b"]]`,
  ))

test('wait lasts as long as it says, by a duration, a computed one, or until a time', () =>
  check(
    {
      nodes: {
        c: { kind: 'wait', forMs: 3000 },
        b: { kind: 'wait', for: '${input}s' },
        a: { kind: 'wait', until: '"1970-01-01T00:00:01Z"' },
      },
    },
    { input: 2 },
    '+ c\n+ a\n+ b\n- a = null\n- b = null\n- c = null\n= {"a":null,"b":null,"c":null}',
  ))

test('wait for what is no duration or time is an invalid request; past its timeout it fails', () =>
  Promise.all([
    check({ nodes: { w: { kind: 'wait', for: 'soon' } } }, {}, '+ w\n! w invalid_request\n= !invalid_request w'),
    check({ nodes: { w: { kind: 'wait', until: '"soon"' } } }, {}, '+ w\n! w invalid_request\n= !invalid_request w'),
    check({ nodes: { w: { kind: 'wait', forMs: 10, timeoutMs: 5 } } }, {}, '+ w\n! w timeout\n= !timeout w'),
  ]))

test('receive gives the payload; after its timeout the default; without one it fails with `timeout`', () =>
  Promise.all([
    check(
      { nodes: { r: { kind: 'receive', signal: 's' } } },
      { signals: { r: { ok: 1 } } },
      '+ r\n- r = {"ok":1}\n= {"r":{"ok":1}}',
    ),
    check(
      { nodes: { r: { kind: 'receive', signal: 's', timeoutMs: 5, default: '${input}' } } },
      { input: 7 },
      '+ r\n- r = 7\n= {"r":7}',
    ),
    check({ nodes: { r: { kind: 'receive', signal: 's', timeoutMs: 5 } } }, {}, '+ r\n! r timeout\n= !timeout r'),
  ]))

test('emit puts the author’s event on the stream, and checkpoint a point to fork from', () =>
  check(
    {
      nodes: {
        e: { kind: 'emit', event: 'progress', data: { at: '${input}' } },
        p: { kind: 'checkpoint', name: 'half', after: ['e'] },
      },
    },
    { input: 5 },
    `+ e
     custom.progress e {"at":5}
     - e = null
     + p
     checkpoint.created p
     - p = null
     = {"e":null,"p":null}`,
  ))

test('run gives the child’s output, or its id at once where it is detached; a child’s failure is the node’s', () => {
  const workflow = { name: 'other', version: '1' }
  return Promise.all([
    check({ nodes: { r: { kind: 'run', workflow } } }, { answers: { r: { output: 5 } } }, '+ r\n- r = 5\n= {"r":5}'),
    check(
      { nodes: { r: { kind: 'run', workflow, mode: 'detach' } } },
      {},
      '+ r\n- r = {"runId":"run_child"}\n= {"r":{"runId":"run_child"}}',
    ),
    check(
      { nodes: { r: { kind: 'run', workflow, catch: [{ on: ['refused'], do: set('${error.details.childRunId}') }] } } },
      { answers: { r: refused } },
      '+ r\n! r refused caught\n+ r!0\n- r!0 = "run_child"\n- r = "run_child"\n= {"r":"run_child"}',
    ),
    check({ nodes: { r: { kind: 'run', workflow } } }, { cancelAt: 'r' }, '+ r\nx r\n= !cancelled r'),
  ])
})
