import { randomFrom } from '../support/random.ts'
import { LINKS, type Link } from '../support/stack.ts'
import { LINK_FAULTS, type LinkFault } from '../support/tcp-proxy.ts'

export const PARTS = [
  'API',
  'TypeScript worker',
  'Python worker',
  'Go worker',
  'Postgres',
  'Temporal',
  'S3',
  'model and tools',
] as const
export type Part = (typeof PARTS)[number]

/**
 * `kill`: SIGKILL, and started again soon. `freeze`: SIGSTOP, and SIGCONT later. `restart`: ended in order, and started again. Of the model and
 * the tools, which live in the test: connections are cut, no answer comes, or 503.
 */
export const PART_FAULTS = ['kill', 'freeze', 'restart'] as const
export type PartFault = (typeof PART_FAULTS)[number]

/** What can be done to a part, and to the connections between two. */
export type Hurt = { part: Part; fault: PartFault } | { link: Link; fault: LinkFault }

export const HURTS: readonly Hurt[] = [
  ...PARTS.flatMap((part) => PART_FAULTS.map((fault) => ({ part, fault }))),
  ...LINKS.flatMap((link) => LINK_FAULTS.map((fault) => ({ link, fault }))),
]

export type Step = Hurt & {
  /** After the step before. */
  pauseMs: number
  /** How long the part or the link is away. */
  lastsMs: number
}

/** The same steps for the same seed. What happens at the same time in the programs is the machine's to decide. */
export function scheduleOf(seed: number, count: number): Step[] {
  const random = randomFrom(seed)
  random(2) // The first number of near seeds is near.
  return Array.from({ length: count }, () => ({
    pauseMs: 200 + random(1_200),
    ...(HURTS[random(HURTS.length)] as Hurt),
    lastsMs: 200 + random(1_500),
  }))
}

export const describeHurt = (hurt: Hurt) => `${hurt.fault} ${'part' in hurt ? hurt.part : hurt.link}`

export const describeStep = (step: Step) => `after ${step.pauseMs} ms: ${describeHurt(step)} for ${step.lastsMs} ms`
