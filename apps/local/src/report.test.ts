import { expect, test } from 'vitest'
import { createReport } from './report.ts'

function recording(isTTY: boolean) {
  let text = ''
  let timeMs = 0
  const report = createReport({ out: { isTTY, write: (chunk) => (text += chunk) }, now: () => timeMs })
  return { report, at: (ms: number) => (timeMs = ms), text: () => text }
}

test('on a terminal progress is shown in place and gives way to what is said next', () => {
  const { report, text } = recording(true)
  report.progress('1 MB')
  report.progress('2 MB')
  report.say('Done')
  expect(text()).toBe('  1 MB\r\x1b[K  2 MB\r\x1b[KDone\n')
})

test('elsewhere progress is a line now and then', () => {
  const { report, at, text } = recording(false)
  report.say('Building')
  report.progress('1 package')
  at(6_000)
  report.progress('70 packages')
  at(7_000)
  report.progress('80 packages')
  expect(text()).toBe('Building\n  70 packages\n')
})
