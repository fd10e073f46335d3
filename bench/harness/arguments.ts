export type BenchArguments = { ids: string[]; quick: boolean; rounds: number }

const ROUNDS_DEFAULT = 3

/** Cases by id (none: all), `--quick`, `--rounds=N`. @throws Error that names what is not known. */
export function readArguments(args: readonly string[], cases: readonly { id: string }[]): BenchArguments {
  const known = cases.map(({ id }) => id)
  const flags = args.filter((arg) => arg.startsWith('--'))
  const ids = args.filter((arg) => !arg.startsWith('--')).map((id) => id.toUpperCase())
  const unknown = [...ids.filter((id) => !known.includes(id)), ...flags.filter((flag) => !FLAG.test(flag))]
  if (unknown.length > 0) {
    throw new Error(`Not known: ${unknown.join(', ')}. Cases are ${known.join(', ')}; flags --quick, --rounds=N.`)
  }
  const quick = flags.includes('--quick')
  const rounds = Number(
    flags.find((flag) => flag.startsWith('--rounds='))?.split('=')[1] ?? (quick ? 1 : ROUNDS_DEFAULT),
  )
  return { ids: ids.length > 0 ? ids : known, quick, rounds }
}

const FLAG = /^--(quick|rounds=[1-9]\d?)$/
