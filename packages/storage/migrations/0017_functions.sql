-- What workers have registered, so that documents are checked against it. Of no tenant: a worker serves them all.
create table treadle.functions (
  runtime text not null check (runtime in ('typescript', 'python', 'go')),
  name text not null,
  worker text not null,
  description text,
  input_schema json,
  output_schema json,
  seen_at timestamptz(3) not null default clock_timestamp(),
  expires_at timestamptz(3) not null,
  primary key (runtime, name, worker)
);

comment on column treadle.functions.worker is 'Names a process: several have the same function.';

create index functions_expired on treadle.functions (expires_at);

-- What a function has kept for the next attempt of its node, should this one not come to its end.
create table treadle.attempt_states (
  tenant text not null,
  run_id text not null,
  path text not null,
  attempt integer not null,
  state json not null,
  saved_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant, run_id, path)
);

comment on column treadle.attempt_states.state is 'May be, or hold, handles.';
