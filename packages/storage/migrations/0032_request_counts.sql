-- How many requests a tenant has sent in this minute, over all processes of the API. After a crash of Postgres the minute begins anew.
create unlogged table treadle.request_counts (
  tenant text primary key,
  minute timestamptz not null,
  taken integer not null
);
