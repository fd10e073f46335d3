import type { Log } from '../log.ts'

/**
 * Brings the database up to this version: creates the roles and applies the migrations that it lacks, each in a transaction, under an
 * advisory lock, so that several processes may call it at once. Safe to repeat.
 * @throws when an applied migration is not the one that this version knows.
 */
export async function migrate(_options: { adminUrl: string; log?: Log }): Promise<void> {
  throw new Error('Not there yet.')
}
