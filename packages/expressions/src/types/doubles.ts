/**
 * Where a value holds doubles although its numbers may look like ints: what a JSON Schema declares as `number`. `1`
 * there is `1.0` to CEL, so that `1 / 2` gives `0.5`. All other numbers are taken by value. Plain JSON, so that a plan
 * can carry it.
 */
export interface DoubleShape {
  /** The value itself, if it is a number. */
  double?: true
  /** Its properties, if it is an object. */
  props?: Record<string, DoubleShape>
  /** Each item, if it is a list; each property that `props` does not name, if it is an object. */
  each?: DoubleShape
}

/** The shapes by name in scope, of those that an expression reads; made by `check`. */
export type Doubles = Record<string, DoubleShape>

/** The shape of a property of an object. */
export const propOf = (shape: DoubleShape | undefined, key: string): DoubleShape | undefined =>
  shape?.props && Object.hasOwn(shape.props, key) ? shape.props[key] : shape?.each

/** Both together: doubles where one or the other has them. */
export function mergeShapes(a: DoubleShape, b: DoubleShape): DoubleShape {
  const names = [...Object.keys(a.props ?? {}), ...Object.keys(b.props ?? {})]
  const props = names.map((name) => [name, mergeShapes(propOf(a, name) ?? {}, propOf(b, name) ?? {})] as const)
  return {
    ...((a.double || b.double) && { double: true }),
    ...(names.length > 0 && { props: Object.fromEntries(props) }),
    ...((a.each || b.each) && { each: mergeShapes(a.each ?? {}, b.each ?? {}) }),
  }
}
