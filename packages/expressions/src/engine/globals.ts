/**
 * JavaScript's globals, taken once. In Temporal's sandbox every look at a global goes through an interceptor and costs
 * about as much as evaluating a small expression, so what runs for each value takes them from here.
 */
export const { isArray, from: arrayFrom } = Array
export const { isSafeInteger, isFinite: isFiniteNumber } = Number
export const { keys: keysOf, hasOwn, fromEntries } = Object
export const { min } = Math
export const toBigInt = BigInt
export const toNumber = Number
export const CelMap = Map
export const Bytes = Uint8Array
