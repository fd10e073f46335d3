import { BOOL, type CelType, DOUBLE, DYN, INT, NULL, STRING } from './cel-type.ts'

export function typeOfLiteral(value: unknown): CelType {
  switch (typeof value) {
    case 'string':
      return STRING
    case 'bigint':
      return INT
    case 'number':
      return DOUBLE
    case 'boolean':
      return BOOL
    default:
      if (value === null) return NULL
      return value instanceof Uint8Array ? { kind: 'bytes' } : DYN
  }
}
