/** A figure of a stream that lost something is none. @throws Error that says what was lost or repeated. */
export function checkComplete(side: string, seen: { lost: number; repeated: number; miscounted?: number }): void {
  const { lost, repeated, miscounted = 0 } = seen
  if (lost + repeated + miscounted === 0) return
  throw new Error(`${side}: ${lost} tokens lost, ${repeated} repeated, ${miscounted} subscribers counted otherwise.`)
}
