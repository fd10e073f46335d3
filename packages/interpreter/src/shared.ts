/**
 * What the worker loads into Temporal's sandbox once, before any run: modules that keep nothing of a run (what they compute from a plan is
 * kept beside that plan). A run that loads them for itself pays for each of them again.
 */
import '@treadle/expressions'
import './index.ts'

/**
 * Temporal notes the stack of each promise that a workflow makes, and looks each frame up in the source map: with the ten frames of V8 that
 * is a third of what a run costs in the sandbox. The first two are the note's own, which are not in the map; an error still says where it
 * was thrown, and who called.
 */
const STACK_FRAMES = 2

;(Error as { stackTraceLimit?: number }).stackTraceLimit = STACK_FRAMES
