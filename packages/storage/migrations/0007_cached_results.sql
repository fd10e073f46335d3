-- Results of nodes with `cache`, by what was executed: for all runs of a tenant. See routines/5_cache.sql.
create table treadle.cached_results (
  tenant text not null,
  key text not null check (key ~ '^[0-9a-f]{64}$'),
  output json not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  primary key (tenant, key)
);

comment on column treadle.cached_results.output is 'May be, or hold, handles; blob_refs has them under the run "cache:<key>".';

create index cached_results_expired on treadle.cached_results (expires_at);
