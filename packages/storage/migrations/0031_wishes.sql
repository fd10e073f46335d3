-- Pausing and resuming are told twice: to the run's row, and to Temporal. Whoever executes a request again, whose process died in between,
-- has to know whether the first was done: somebody may have wished for something else since.
alter table treadle.idempotency add column wished boolean not null default false;

comment on column treadle.idempotency.wished is 'The request’s wish was put into the run’s row, in the transaction that set this.';
