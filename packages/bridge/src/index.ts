export { type Bridge, type BridgeOptions, createBridge, type EngineState, type SignalOutcome } from './bridge.ts'
