alter table treadle.runs add column parent_node text;

comment on column treadle.runs.parent_node is 'The path of the node of `parent` that waits for the end of this run; null where none does.';

create index runs_waited_for on treadle.runs (tenant, parent) where parent_node is not null;

-- Signals for runs that have not begun. They are handed to the workflow when it is started, in the order of `seq`.
create table treadle.early_signals (
  tenant text not null,
  run_id text not null,
  seq integer not null,
  id text not null,
  name text not null,
  payload json not null,
  primary key (tenant, run_id, seq),
  unique (tenant, run_id, id)
);

comment on column treadle.early_signals.seq is 'Of the `signal.received` that says of it.';
