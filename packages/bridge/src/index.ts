export { type Bridge, type BridgeOptions, createBridge, type EngineState, type SignalOutcome } from './bridge.ts'
export { type Codec, createCodec } from './codec.ts'
