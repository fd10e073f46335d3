import { expect, test } from 'vitest'
import { choosePoints } from './choose-points.ts'

/** What is taken over of `points`, both as words. */
function check(points: string, given: string, expected: string) {
  const words = (text: string) => text.split(' ').filter(Boolean)
  const chosen = choosePoints(
    words(points).map((path) => ({ path })),
    words(given),
  )
  expect(chosen.map(({ path }) => path)).toEqual(words(expected))
}

test('what is inside a container that is done comes with it', () => check('a m[0].x m[1].x m b', '', 'a m b'))
test('what is inside a container that is not done is taken over piece by piece', () =>
  check(
    'a m[0].x l#0.y l#0 g.z!0.u s@1:draft.v w?else t~0.model t~0.tool[1]',
    '',
    'a m[0].x l#0 g.z!0.u s@1:draft.v w?else t~0.model t~0.tool[1]',
  ))
test('an output that is given comes in the place of the run’s own', () => check('a b', 'a', 'b'))
test('a container around a given output is gone through again, with what was done inside', () =>
  check('m[0].x m[1].x m b', 'm[0].x', 'm[1].x b'))
test('what is inside a container whose output is given is not needed', () => check('m[0].x m[1].x b', 'm', 'b'))
test('a name that only begins like another one is not around it', () => check('ab a', '', 'ab a'))
test('containers in containers go by the outermost that is done', () =>
  check('m[0].l#0 m[0].l m[1].l#0', '', 'm[0].l m[1].l#0'))
