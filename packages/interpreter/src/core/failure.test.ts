import { test } from 'vitest'
import { check } from '../testing/check.ts'

const set = (value: unknown) => ({ kind: 'set', value }) as const
const llm = { kind: 'llm' } as const
const refused = { error: { type: 'refused' } }

test('a node that fails uncaught cancels its siblings, waits for them, and fails the body with the first error', () =>
  check(
    {
      nodes: {
        a: llm,
        b: { kind: 'wait', forMs: 1000 },
        c: { kind: 'receive', signal: 's' },
        d: { ...llm, after: ['a'] },
      },
    },
    { answers: { a: refused } },
    `+ c
     + b
     + a
     ! a refused
     x c
     x b
     = !refused a`,
  ))

test('a worker that holds a cancelled node says so itself; one that never got it has nothing to say', () =>
  check(
    { nodes: { a: llm, b: llm, c: { ...llm, after: ['b'] } } },
    { answers: { a: 'hangs', b: refused } },
    `+ a
     + b
     ! b refused
     x a
     = !refused b`,
  ))

test('a catch takes the first entry that matches, and its output becomes the node’s', () =>
  check(
    {
      nodes: {
        a: {
          ...llm,
          catch: [
            { on: ['timeout'], do: set('late') },
            {
              on: ['refused', 'auth'],
              do: { nodes: { say: set('${error.type}: ${error.message}') }, output: '${nodes.say}' },
            },
            { on: '*', do: set('any') },
          ],
        },
        b: set('${nodes.a}!'),
      },
      output: '${nodes.b}',
    },
    { answers: { a: refused } },
    `+ a
     ! a refused caught
     + a!1.say
     - a!1.say = "refused: scripted"
     - a = "refused: scripted"
     + b
     - b = "refused: scripted!"
     = "refused: scripted!"`,
  ))

test('an error of an expression is an invalid request that can be caught', () =>
  check(
    { nodes: { a: { ...set('${input.x}'), catch: [{ on: '*', do: set('${error.type}') }] } } },
    { input: {} },
    `+ a
     ! a invalid_request caught
     + a!0
     - a!0 = "invalid_request"
     - a = "invalid_request"
     = {"a":"invalid_request"}`,
  ))

test('a `when` that is neither true nor false fails the node, which is started for that', () =>
  check(
    { nodes: { a: { ...set(1), when: 'input' } } },
    { input: 'yes' },
    '+ a\n! a invalid_request\n= !invalid_request a',
  ))

for (const type of ['cancelled', 'budget_exceeded'])
  test(`${type} is never caught, not by "*"`, () =>
    check(
      {
        nodes: {
          a: {
            ...llm,
            catch: [
              { on: '*', do: set(1) },
              { on: [type], do: set(2) },
            ],
          },
        },
      },
      { answers: { a: { error: { type } } } },
      // The worker of this test writes `caught` for "*", which a real one does not.
      `+ a
       ! a ${type} caught
       = !${type} a`,
    ))

test('a catch body that fails fails the node, and is not caught again', () =>
  check(
    {
      nodes: {
        a: {
          ...llm,
          catch: [
            { on: '*', do: { ...llm, prompt: 'again' } },
            { on: ['auth'], do: set(2) },
          ],
        },
      },
    },
    { answers: { a: refused, 'a!0': { error: { type: 'auth' } } } },
    `+ a
     ! a refused caught
     + a!0
     ! a!0 auth
     ! a auth
     = !auth a!0`,
  ))

test('the output of a catch body has to fit the node’s schema too', () =>
  check(
    { nodes: { a: { ...llm, outputSchema: { type: 'string' }, catch: [{ on: '*', do: set(1) }] } } },
    { answers: { a: refused } },
    `+ a
     ! a refused caught
     + a!0
     - a!0 = 1
     ! a invalid_output
     = !invalid_output a`,
  ))

test('a container has to fit its schema, and what does not can be caught', () =>
  check(
    {
      nodes: {
        a: {
          kind: 'graph',
          nodes: { b: set(1) },
          outputSchema: { type: 'object', properties: { b: { type: 'string' } } },
          catch: [{ on: ['invalid_output'], do: set({ b: 'ok' }) }],
        },
      },
      output: '${nodes.a}',
    },
    {},
    `+ a
     + a.b
     - a.b = 1
     ! a invalid_output caught
     + a!0
     - a!0 = {"b":"ok"}
     - a = {"b":"ok"}
     = {"b":"ok"}`,
  ))

test('a failure inside of a container fails the container, which may catch it; the error names where it began', () =>
  check(
    {
      nodes: {
        g: {
          kind: 'graph',
          nodes: { a: llm, b: { kind: 'wait', forMs: 10 } },
          catch: [{ on: '*', do: set('${error.type}') }],
        },
      },
    },
    { answers: { 'g.a': refused } },
    `+ g
     + g.b
     + g.a
     ! g.a refused
     x g.b
     ! g refused caught
     + g!0
     - g!0 = "refused"
     - g = "refused"
     = {"g":"refused"}`,
  ))

test('`fail` ends its body with the author’s own error', () =>
  check(
    {
      nodes: {
        g: {
          kind: 'graph',
          nodes: { stop: { kind: 'fail', type: 'too_small', message: 'only ${input}', details: { n: '${input}' } } },
          catch: [{ on: ['too_small'], do: set({ m: '${error.message}', d: '${error.details}' }) }],
        },
      },
    },
    { input: 3 },
    `+ g
     + g.stop
     ! g.stop too_small
     ! g too_small caught
     + g!0
     - g!0 = {"m":"only 3","d":{"n":3}}
     - g = {"m":"only 3","d":{"n":3}}
     = {"g":{"m":"only 3","d":{"n":3}}}`,
  ))

test('a container that takes longer than its timeout is cancelled, waited for, and fails with `timeout`', () =>
  check(
    {
      nodes: {
        g: {
          kind: 'graph',
          timeoutMs: 100,
          nodes: { a: llm, b: { kind: 'receive', signal: 's' } },
          catch: [{ on: ['timeout'], do: set('late') }],
        },
      },
    },
    { answers: { 'g.a': 'hangs' } },
    `+ g
     + g.b
     + g.a
     x g.b
     x g.a
     ! g timeout caught
     + g!0
     - g!0 = "late"
     - g = "late"
     = {"g":"late"}`,
  ))

test('a container that is quick enough leaves no timer behind', () =>
  check(
    {
      nodes: {
        g: { kind: 'graph', timeoutMs: 100, nodes: { a: { kind: 'wait', forMs: 50 } } },
        b: { kind: 'wait', forMs: 200 },
      },
    },
    {},
    `+ g
     + b
     + g.a
     - g.a = null
     - g = {"a":null}
     - b = null
     = {"b":null,"g":{"a":null}}`,
  ))

test('cancelling the run reaches every node that runs, and nothing starts any more', () =>
  check(
    {
      nodes: {
        a: { ...llm, catch: [{ on: '*', do: set('caught') }] },
        g: { kind: 'graph', nodes: { r: { kind: 'receive', signal: 's' } }, catch: [{ on: '*', do: set(1) }] },
        later: { ...set(1), after: ['a'] },
      },
    },
    { cancelAt: 'a' },
    `+ g
     + g.r
     x g.r
     x g
     = !cancelled g`,
  ))

test('cancelling the run in the middle of a catch cancels the catch and the node', () =>
  check(
    { nodes: { a: { ...llm, catch: [{ on: '*', do: { kind: 'graph', nodes: { b: llm, c: llm } } }] } } },
    { answers: { a: refused, 'a!0.b': 'hangs' }, cancelAt: 'a!0.c' },
    `+ a
     ! a refused caught
     + a!0
     + a!0.b
     x a!0.b
     x a!0
     x a
     = !cancelled a`,
  ))
