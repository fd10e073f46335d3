import { expect, test } from 'vitest'
import { requireNode } from './environment.mjs'

test('a Node that is too old is told which one is needed', () => {
  expect(() => requireNode('18.20.4', '>=20.19')).toThrow(
    'Node 18.20.4 is too old: Treadle needs 20.19 or newer (https://nodejs.org/en/download).',
  )
  expect(() => requireNode('20.9.0', '>=20.19')).toThrow('too old')
})

test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('Node %s is new enough', (version) => {
  requireNode(version, '>=20.19')
})
