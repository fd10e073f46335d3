-- The partition of a day (UTC), made when it is missing. Attaching an empty table takes a lock that no writer of events waits for
-- (SHARE UPDATE EXCLUSIVE), where `create table … partition of` would wait for all of them. Called with a new run, so that a run's
-- partition is there before its first event. As the owner: the services' roles may not create tables.
create function treadle.ensure_events_partition(at timestamptz) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  day date := (at at time zone 'UTC')::date;
  name text := 'events_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass('treadle.' || name) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('treadle.' || name, 0));
  -- Asked of the table: `to_regclass` remembers that there was none, whoever has made it while this waited.
  if exists (select from pg_class c where c.relnamespace = 'treadle'::regnamespace and c.relname = name) then
    return;
  end if;
  execute format('create table treadle.%I (like treadle.events including all)', name);
  execute format(
    'alter table treadle.events attach partition treadle.%I for values from (%L) to (%L)',
    name, day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00');
end
$$;
