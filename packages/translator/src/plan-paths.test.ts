import { expect, test } from 'vitest'
import { placeOfPath } from './plan-paths.ts'
import { translate } from './translate.ts'

const { plan } = translate(
  JSON.stringify({
    ir: 'treadle/v1',
    name: 'places',
    models: { fast: { provider: 'openai', model: 'm' } },
    tools: { look: { kind: 'function', name: 'look', runtime: 'typescript' } },
    nodes: {
      plain: { kind: 'set', value: 1, catch: [{ on: '*', do: { nodes: { again: { kind: 'set', value: 2 } } } }] },
      items: { kind: 'map', over: '[1, 2]', maxItems: 2, do: { nodes: { score: { kind: 'set', value: 1 } } } },
      nested: {
        kind: 'map',
        over: '[[1]]',
        maxItems: 1,
        do: { kind: 'map', over: 'item', maxItems: 1, do: { kind: 'set', value: 1 } },
      },
      round: { kind: 'loop', max: 2, do: { kind: 'set', value: 1 } },
      either: {
        kind: 'switch',
        cases: [{ when: 'true', do: { kind: 'set', value: 1 } }],
        else: { kind: 'set', value: 2 },
      },
      box: { kind: 'graph', nodes: { inner: { kind: 'set', value: 1 } } },
      walk: {
        kind: 'machine',
        start: 'draft',
        max: 3,
        states: { draft: { do: { kind: 'set', value: 1 }, next: [{ to: 'end' }] } },
      },
      helper: { kind: 'agent', model: 'fast', instructions: 'Help', input: 'x', tools: ['look'], maxTurns: 2 },
    },
  }),
)

/** The pointer of the node that a path leads to, with the agent's call where it is one; or why it leads nowhere. */
function check(path: string): string {
  if (!plan) throw new Error('The document has to be one that can be compiled.')
  const place = placeOfPath(plan, path)
  if (!place.ok) return place.why
  return `${plan.nodes[place.index]?.pointer}${place.call === undefined ? '' : ` ${place.call}`}`
}

test('a path leads through every kind of body to its node', () => {
  expect(
    Object.fromEntries(
      [
        'plain',
        'plain!0.again',
        'items[1].score',
        'nested[0]',
        'nested[0][0]',
        'round#1',
        'either?0',
        'either?else',
        'box.inner',
        'walk@2:draft',
        'helper~1.model',
        'helper~0.tool[3]',
        'helper~0.tool[3].approve',
      ].map((path) => [path, check(path)]),
    ),
  ).toEqual({
    plain: '/nodes/plain',
    'plain!0.again': '/nodes/plain/catch/0/do/nodes/again',
    'items[1].score': '/nodes/items/do/nodes/score',
    'nested[0]': '/nodes/nested/do',
    'nested[0][0]': '/nodes/nested/do/do',
    'round#1': '/nodes/round/do',
    'either?0': '/nodes/either/cases/0/do',
    'either?else': '/nodes/either/else',
    'box.inner': '/nodes/box/nodes/inner',
    'walk@2:draft': '/nodes/walk/states/draft/do',
    'helper~1.model': '/nodes/helper model',
    'helper~0.tool[3]': '/nodes/helper tool',
    'helper~0.tool[3].approve': '/nodes/helper approval',
  })
})

test('a path that this plan cannot have is told why', () => {
  expect(check('gone')).toBe('there is no node `gone`')
  expect(check('items[2].score')).toBe('its map takes 2 items at most')
  expect(check('items[0]')).toBe('the body at `[0]` is no node of its own')
  expect(check('round#2')).toBe('its loop goes round 2 times at most')
  expect(check('either?1')).toBe('its switch has no case 1')
  expect(check('walk@0:gone')).toBe('there is no state `gone`')
  expect(check('walk@4:draft')).toBe('its machine makes 3 transitions at most')
  expect(check('helper~2.model')).toBe('its agent takes 2 turns at most')
  expect(check('plain.inner')).toBe('a node of the kind `set` has no `.inner` inside')
  expect(check('plain!1.again')).toBe('its node has no `catch` 1')
})
