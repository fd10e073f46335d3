-- Finds the runs whose time is over.
create index runs_ended on treadle.runs (ended_at) where ended_seq is not null;
