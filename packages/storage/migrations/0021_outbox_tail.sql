-- Marks of the last numbers of the outbox that were applied, six characters each, the newest last: see routines/2_append.sql, invariant 5.
alter table treadle.runs add column outbox_tail text not null default '';
