-- Postgres evaluates every check of a table with each update of a row, and a batch of events updates the row of each of its runs: the two
-- patterns of names took a sixth of it. They stand where a run has a row that is written once.
alter table treadle.run_requests
  add check (tenant ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  add check (run_id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$');
alter table treadle.runs drop constraint runs_tenant_check, drop constraint runs_id_check;

-- With the id in it Postgres took this index for the primary key's work as long as it had no statistics of the table: one look at all runs
-- of the tenant for each run of a batch. Runs of the same millisecond are sorted as they are read.
drop index treadle.runs_newest;
create index runs_newest on treadle.runs (tenant, created_at desc);
