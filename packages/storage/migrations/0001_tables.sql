-- Every row has its tenant. Times are milliseconds, so that they read the same in Postgres, in JSON and in Temporal.
-- JSON that is ours to give back unchanged is `json` or text, never `jsonb`, which reorders keys and refuses \u0000.

create table treadle.plans (
  tenant text not null,
  hash text not null,
  plan json not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant, hash)
);

-- The hot row of a run: every batch of events locks and updates it, so it is kept small (what is large and never changes stands in
-- run_requests), has room in its page, and no index on what a batch changes: the updates stay in the page (HOT).
create table treadle.runs (
  tenant text not null check (tenant ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  id text not null check (id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$'),
  created_at timestamptz(3) not null,
  status text not null
    check (status in ('pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled')),
  engine_status text,
  workflow_name text not null,
  workflow_version text,
  tags json not null,
  priority smallint not null,
  start_at timestamptz(3),
  plan_hash text not null,
  request_fingerprint text not null,
  parent text,
  forked_from text,
  forked_from_seq integer,
  last_seq integer not null,
  last_event_at timestamptz(3) not null,
  outbox_applied integer not null default 0,
  ended_seq integer,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  output json,
  error json,
  cancel_requested boolean not null default false,
  cancel_reason text,
  pause_requested boolean not null default false,
  started_in_temporal boolean not null default false,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cached_input_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  llm_calls bigint not null default 0,
  tool_calls bigint not null default 0,
  cost_usd double precision,
  primary key (tenant, id),
  check ((ended_seq is not null) = (status in ('completed', 'failed', 'cancelled')))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

create index runs_newest on treadle.runs (tenant, created_at desc, id desc);
create index runs_open on treadle.runs (created_at) where ended_seq is null;

create table treadle.run_requests (
  tenant text not null,
  run_id text not null,
  input json not null,
  document text,
  primary key (tenant, run_id)
);

-- One row for each execution of a node. Written only under the lock of its run's row.
create table treadle.node_runs (
  tenant text not null,
  run_id text not null,
  path text not null,
  kind text,
  runtime text,
  status text not null
    check (status in ('running', 'retrying', 'completed', 'failed', 'cancelled', 'skipped', 'reused')),
  attempt integer not null,
  claim uuid,
  last_ordinal integer not null default 0,
  failures integer not null default 0,
  deaths integer not null default 0,
  has_checkpoint boolean not null default false,
  signal text,
  waits json,
  error json,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  primary key (tenant, run_id, path)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

comment on column treadle.node_runs.attempt is 'The newest one: the fence. 0: never executed (skipped, reused).';
comment on column treadle.node_runs.last_ordinal is 'Of the newest attempt: events up to it are stored.';
comment on column treadle.node_runs.waits is 'Of a `receive`: the data of its `node.started`.';

create table treadle.checkpoints (
  tenant text not null,
  run_id text not null,
  path text not null,
  attempt integer not null,
  seq integer not null,
  time timestamptz(3) not null,
  output json not null,
  usage json,
  name text,
  primary key (tenant, run_id, path)
);

comment on column treadle.checkpoints.output is 'May be, or hold, handles: {"$blob": {"sha256", "size"}}.';

-- By the creation day of the run, which each row carries: a run lies in one partition, and keeping or dropping a day is cheap.
-- `data` is the JSON text that the writer made; nobody parses it on its way to the client.
create table treadle.events (
  run_created_at timestamptz(3) not null,
  tenant text not null,
  run_id text not null,
  seq integer not null,
  time timestamptz(3) not null,
  type text not null,
  node text,
  attempt integer,
  data text not null,
  primary key (run_created_at, tenant, run_id, seq)
) partition by range (run_created_at);

create table treadle.idempotency (
  tenant text not null,
  method text not null,
  path text not null,
  key_sha256 text not null,
  fingerprint text not null,
  response json,
  lease_until timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant, method, path, key_sha256)
);

comment on column treadle.idempotency.response is 'Null while the first request is being executed: until lease_until.';

create index idempotency_expired on treadle.idempotency (expires_at);

-- Every stored blob, and who refers to it. A writer touches its row before it looks whether the blob is there, and the sweeper
-- deletes only under the lock of a row that is untouched for long: what somebody is about to refer to is never swept.
create table treadle.blobs (
  tenant text not null,
  sha256 text not null,
  size bigint not null,
  touched_at timestamptz not null default clock_timestamp(),
  primary key (tenant, sha256)
);

create index blobs_untouched on treadle.blobs (touched_at);

create table treadle.blob_refs (
  tenant text not null,
  sha256 text not null,
  run_id text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant, sha256, run_id)
);

create index blob_refs_of_run on treadle.blob_refs (tenant, run_id);
