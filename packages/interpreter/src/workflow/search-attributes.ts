import { defineSearchAttributeKey } from '@temporalio/common'
import { SEARCH_ATTRIBUTES } from '@treadle/contract'

export const statusKey = defineSearchAttributeKey('TreadleStatus', SEARCH_ATTRIBUTES.TreadleStatus)
