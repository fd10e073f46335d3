import { defineSearchAttributeKey } from '@temporalio/common'
import { SEARCH_ATTRIBUTES } from '@treadle/contract'

export const tenantKey = defineSearchAttributeKey('TreadleTenant', SEARCH_ATTRIBUTES.TreadleTenant)
export const workflowKey = defineSearchAttributeKey('TreadleWorkflow', SEARCH_ATTRIBUTES.TreadleWorkflow)
export const statusKey = defineSearchAttributeKey('TreadleStatus', SEARCH_ATTRIBUTES.TreadleStatus)
