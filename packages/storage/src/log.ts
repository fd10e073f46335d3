/** What this package needs of a logger; a pino logger is one. */
export type Log = {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  info(fields: object, message: string): void
}

export const SILENT: Log = { warn() {}, error() {}, info() {} }
