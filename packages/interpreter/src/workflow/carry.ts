import type { MemoJson } from '../core/memo.ts'
import type { ChildrenCarry } from './children.ts'
import type { InboxCarry } from './inbox.ts'
import type { LimitsCarry } from './limits.ts'
import type { OutboxCarry } from './outbox.ts'
import type { StatusCarry } from './status.ts'

/** What a run that continues as new hands to itself. Timers and waiting receives are in the memo, as deadlines and as nodes in progress. */
export type Carry = {
  carry: 1
  startedAt: string
  memo: MemoJson
  outbox: OutboxCarry
  inbox: InboxCarry
  status: StatusCarry
  children: ChildrenCarry
  limits: LimitsCarry
}
