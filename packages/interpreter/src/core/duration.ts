const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

const DURATION = /^(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/

/** Milliseconds of a duration as the IR writes it: whole numbers with d, h, m, s, ms, from large to small (`1h30m`). Undefined if it is not one. */
export function parseDuration(text: string): number | undefined {
  const parts = DURATION.exec(text)
  if (!parts) return undefined
  return UNITS.reduce((sum, [, ms], index) => sum + Number(parts[index + 1] ?? 0) * ms, 0)
}
