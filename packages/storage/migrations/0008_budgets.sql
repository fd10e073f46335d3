-- Budgets: one row for each run whose document limits something that is reserved before it is used. What a run does counts against its
-- own row and against those of the runs above it.
create table treadle.budgets (
  tenant text not null,
  run_id text not null,
  pauses boolean not null,
  node_runs_max bigint,
  llm_calls_max bigint,
  tokens_max bigint,
  cost_usd_max numeric,
  node_runs bigint not null default 0,
  llm_calls bigint not null default 0,
  tokens bigint not null default 0,
  cost_usd numeric not null default 0,
  primary key (tenant, run_id)
) with (fillfactor = 50);

comment on column treadle.budgets.pauses is '`onExceeded: pause`.';
comment on column treadle.budgets.tokens is 'Used, and reserved for calls under way; so is cost_usd.';

-- What calls of models that are under way may take at most. Gone when its call is settled.
create table treadle.reservations (
  tenant text not null,
  run_id text not null,
  path text not null,
  attempt integer not null,
  call integer not null,
  budget_runs text[] not null,
  request_tokens bigint not null,
  answer_tokens bigint not null,
  request_usd numeric not null,
  answer_usd numeric not null,
  primary key (tenant, run_id, path, attempt, call)
);

create index reservations_of_tree on treadle.reservations (tenant, (budget_runs[1]));

alter table treadle.runs add column budget_runs text[];

comment on column treadle.runs.budget_runs is 'Runs whose budgets this run counts against, the outermost first; null: nothing is limited.';
