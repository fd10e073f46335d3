-- Finds the forks of a run; most runs are none.
create index runs_forks on treadle.runs (tenant, forked_from, created_at desc) where forked_from is not null;
