import { ref } from './refs.ts'

/** Parts of the path of a stored workflow. */
export const WORKFLOW_PARAMS = {
  type: 'object',
  required: ['name'],
  properties: { name: ref('api.v1', 'WorkflowName') },
} as const

export const LABEL_PARAMS = {
  type: 'object',
  required: ['name', 'label'],
  properties: { name: ref('api.v1', 'WorkflowName'), label: ref('api.v1', 'WorkflowLabel') },
} as const

export const VERSION_PARAMS = {
  type: 'object',
  required: ['name', 'version'],
  properties: {
    name: ref('api.v1', 'WorkflowName'),
    version: {
      type: 'string',
      pattern: '^([1-9][0-9]{0,8}|[a-z][a-z0-9-]{0,62})$',
      description: 'A version, or a label.',
      examples: ['3', 'production'],
    },
  },
} as const
