import { randomFrom } from '../support/random.ts'

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
export const FAULTS = ['kill', 'freeze', 'restart'] as const
export type Fault = (typeof FAULTS)[number]

export type Step = {
  /** After the step before. */
  pauseMs: number
  part: Part
  fault: Fault
  /** How long the part is away. */
  lastsMs: number
}

/** The same steps for the same seed. What happens at the same time in the programs is the machine's to decide. */
export function scheduleOf(seed: number, count: number): Step[] {
  const random = randomFrom(seed)
  random(2) // The first number of near seeds is near.
  return Array.from({ length: count }, () => ({
    pauseMs: 200 + random(1_200),
    part: PARTS[random(PARTS.length)] ?? 'API',
    fault: FAULTS[random(FAULTS.length)] ?? 'kill',
    lastsMs: 200 + random(1_500),
  }))
}

export const describeStep = ({ pauseMs, part, fault, lastsMs }: Step) =>
  `after ${pauseMs} ms: ${fault} ${part} for ${lastsMs} ms`
