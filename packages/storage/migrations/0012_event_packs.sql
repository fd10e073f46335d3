-- The logs of ended runs in compact form. A pack holds neighbouring events of one run; once it is archived its bytes lie in the blob
-- store, and the row names them. The packs of a run begin with its first event and have no gap between them; what follows the last one
-- stands in `events`.
create table treadle.event_packs (
  tenant text not null,
  run_id text not null,
  first_seq integer not null,
  last_seq integer not null,
  bytes bytea,
  blob text,
  packed_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant, run_id, first_seq),
  check (first_seq between 1 and last_seq),
  check ((bytes is null) <> (blob is null))
);

alter table treadle.event_packs alter column bytes set storage external; -- They are deflated already.

create index event_packs_unarchived on treadle.event_packs (packed_at, tenant, run_id, first_seq) where bytes is not null;

alter table treadle.runs add column log_packed boolean not null default false;

comment on column treadle.runs.log_packed is 'The whole log is in event_packs, and nothing of it in events.';

create index runs_unpacked on treadle.runs (ended_at, tenant, id) where ended_seq is not null and not log_packed;
