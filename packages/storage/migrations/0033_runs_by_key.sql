-- As long as Postgres has no statistics of `runs` this index looks to it as good as the primary key for finding one run, and a connection keeps
-- that plan: each run of a batch was looked for among all runs of its tenant, which took more than half of the batch's time with 300 of
-- them. With a condition that is always true, which the list of runs states, no other statement can take it.
drop index treadle.runs_newest;
create index runs_newest on treadle.runs (tenant, created_at desc) where created_at > '-infinity';
