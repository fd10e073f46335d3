import type { Blob, Plan } from './generated/types.ts'

/** The texts of a plan that are too large to stand in it, and that its templates name by content. */
export function planBlobs(plan: Plan): Blob[] {
  const blobs: Blob[] = []
  collect([plan.nodes, plan.bodies, plan.tools], blobs)
  return blobs
}

function collect(part: unknown, blobs: Blob[]): void {
  if (typeof part !== 'object' || part === null) return
  const { blob } = part as { blob?: Partial<Blob> }
  if (typeof blob?.sha256 === 'string' && typeof blob.size === 'number')
    blobs.push({ sha256: blob.sha256, size: blob.size })
  // A literal is the author's own, whatever it looks like.
  for (const [key, inner] of Object.entries(part)) if (key !== 'lit') collect(inner, blobs)
}
