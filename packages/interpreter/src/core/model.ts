import type { Params, Plan, PlanModel } from '@treadle/contract'

/** A model of the plan with what a node says laid over it: parameters key by key, and the most that it may answer. */
export function modelOf(plan: Plan, node: { model: string; params?: Params; maxOutputTokens?: number }): PlanModel {
  const model = Object.hasOwn(plan.models, node.model) ? plan.models[node.model] : undefined
  if (!model) throw new Error(`The plan has no model ${node.model}.`)
  return {
    ...model,
    ...(model.params || node.params ? { params: { ...model.params, ...node.params } } : {}),
    ...(node.maxOutputTokens === undefined ? {} : { maxOutputTokens: node.maxOutputTokens }),
  }
}
