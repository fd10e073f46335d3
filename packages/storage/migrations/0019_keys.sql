-- Who may come in, as whom, and how much of it. Of a key and of a ticket only the hash is kept: what is stored opens nothing.

create table treadle.api_keys (
  id text primary key check (id ~ '^[0-9a-z]{8}$'),
  tenant text not null check (tenant ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  secret_sha256 text not null unique,
  scopes text[] not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  last_used_at timestamptz(3)
);

comment on column treadle.api_keys.id is 'Stands in the key itself, after `tk_`: by it people and logs name a key.';
comment on column treadle.api_keys.last_used_at is 'To the minute.';

-- A ticket opens the stream of one run for a short time: a browser’s EventSource cannot send a key.
create table treadle.stream_tickets (
  sha256 text primary key,
  tenant text not null,
  run_id text not null,
  expires_at timestamptz not null
);

create index stream_tickets_expired on treadle.stream_tickets (expires_at);

-- What a tenant may take where it is not what the deployment gives to each. Null: that.
create table treadle.quotas (
  tenant text primary key,
  runs_at_once integer check (runs_at_once >= 0),
  requests_a_minute integer check (requests_a_minute > 0)
);

create index runs_open_of_tenant on treadle.runs (tenant) where ended_seq is null;
