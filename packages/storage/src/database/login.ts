export type LoginOptions = {
  adminUrl: string
  name: string
  password: string
  role: 'treadle_api' | 'treadle_worker'
}

/** Creates or changes the login `name`: it has this password and is a member of `role`, of nothing else. Safe to repeat. */
export async function ensureLogin(_options: LoginOptions): Promise<void> {
  throw new Error('Not there yet.')
}
