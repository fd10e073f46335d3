import type { Case } from '../harness/case.ts'
import { p9, p10 } from './append.ts'
import { p8 } from './fan-out.ts'
import { nodes, subscribers } from './growth.ts'
import { p12 } from './history.ts'
import { w1 } from './languages.ts'
import { load } from './load.ts'
import { recovery } from './recovery.ts'
import { p13 } from './start-up.ts'
import { p1, p2, p3 } from './steps.ts'
import { p14 } from './stored-runs.ts'
import { p4, p5, p6, p7 } from './streams.ts'
import { p11 } from './translator.ts'

/** All that is measured: the budgets, then how cost grows, then what a language costs, then what load is held, and how soon it goes on after a crash. */
export const CASES: readonly Case[] = [
  ...[p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14],
  ...[nodes, subscribers],
  w1,
  load,
  recovery,
]
