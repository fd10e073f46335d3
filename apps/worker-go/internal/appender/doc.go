// Package appender writes a process's events. It sends when nothing is in flight and gathers while something is: the least delay when
// idle, the largest batches when busy, no timer. Calls are answered when their batch is committed, and take effect in the order of the
// calls for one path. A batch whose outcome is unknown is sent again unchanged, until it is known or the appender is closed.
//
// A batch is one call of the SQL function `treadle.append`, whose invariants stand in packages/storage/routines/2_append.sql.
package appender
