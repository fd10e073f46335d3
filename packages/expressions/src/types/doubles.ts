/**
 * Where a value holds doubles although its numbers may look like ints: what a JSON Schema declares as `number`. `1`
 * there is `1.0` to CEL, so that `1 / 2` gives `0.5`. All other numbers are taken by value. Plain JSON, so that a plan
 * can carry it.
 */
export type DoubleShape =
  | 'double'
  | {
      /** Of these properties. */
      props?: Record<string, DoubleShape>
      /** Of each item of a list, and of each property not named in `props`. */
      each?: DoubleShape
    }

/** The shapes by name in scope, of those that an expression reads; made by `check`. */
export type Doubles = Record<string, DoubleShape>

/** The shape of the items of a list. */
export const eachOf = (shape?: DoubleShape) => (typeof shape === 'object' ? shape.each : undefined)

/** The shape of a property of an object. */
export const propOf = (shape: DoubleShape | undefined, key: string) =>
  typeof shape === 'object' && shape.props && Object.hasOwn(shape.props, key) ? shape.props[key] : eachOf(shape)
