/**
 * What the worker loads into Temporal's sandbox once, before any run: modules that keep nothing of a run (what they compute from a plan is
 * kept beside that plan). A run that loads them for itself pays for each of them again.
 */
import '@treadle/expressions'
import './index.ts'
