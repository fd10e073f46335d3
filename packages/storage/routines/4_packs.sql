-- How the logs of ended runs are kept. Neither of the services may delete an event, so this is done here, as the owner, and only where
-- what takes the events' place was made of them.

-- Puts a pack in the place of the events `in_first` to `in_last` of an ended run. Says false where that was done before, or is not next.
-- `in_lines_sha256` is that of the envelopes, a line each, which the pack was made of: nothing is deleted that its maker did not see.
create function treadle.pack_events(
  in_tenant text, in_run text, in_first integer, in_last integer, in_lines_sha256 bytea, in_bytes bytea
) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  run treadle.runs;
  same boolean;
begin
  select * into run from treadle.runs where tenant = in_tenant and id = in_run for no key update;
  if run.ended_seq is null or in_last > run.ended_seq or in_first <> 1 + coalesce(
    (select max(p.last_seq) from treadle.event_packs p where p.tenant = in_tenant and p.run_id = in_run), 0)
  then
    return false;
  end if;
  with gone as (
    delete from treadle.events
    where run_created_at = run.created_at and tenant = in_tenant and run_id = in_run and seq between in_first and in_last
    returning *
  )
  select count(*) = in_last - in_first + 1 and sha256(convert_to(string_agg(
    treadle.envelope(seq, run_id, type, time, node, attempt, data), E'\n' order by seq), 'UTF8')) = in_lines_sha256
  into same from gone;
  if not same then
    raise exception 'The pack of the events % to % of % was not made of them.', in_first, in_last, in_run;
  end if;
  insert into treadle.event_packs (tenant, run_id, first_seq, last_seq, bytes)
  values (in_tenant, in_run, in_first, in_last, in_bytes);
  if in_last = run.ended_seq then
    update treadle.runs set log_packed = true where tenant = in_tenant and id = in_run;
  end if;
  return true;
end
$$;

-- Puts the name of a blob in the place of a pack's bytes: of these bytes, and with a reference of the run, so that it is never swept
-- while the run is there. Says false where that was done before.
create function treadle.archive_pack(in_tenant text, in_run text, in_first integer, in_blob text) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update treadle.event_packs set bytes = null, blob = in_blob
  where tenant = in_tenant and run_id = in_run and first_seq = in_first and encode(sha256(bytes), 'hex') = in_blob
    and exists (select from treadle.blob_refs r where r.tenant = in_tenant and r.run_id = in_run and r.sha256 = in_blob);
  return found;
end
$$;

-- Drops the partitions of days before `day` that hold nothing any more and never will: their runs have ended, and are packed or erased.
-- Says how many. Waits for no reader and no writer longer than a moment; what is in use is dropped another time.
create function treadle.drop_empty_partitions(day date) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
  partition record;
  dropped integer := 0;
begin
  for partition in
    select c.relname as name, to_date(substr(c.relname, 8), 'YYYYMMDD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'treadle.events'::regclass and c.relname ~ '^events_\d{8}$'
  loop
    continue when partition.day >= day or not treadle.is_spent(partition.name, partition.day);
    begin
      execute format('lock table treadle.%I in access exclusive mode', partition.name);
      continue when not treadle.is_spent(partition.name, partition.day);
      execute format('drop table treadle.%I', partition.name);
      dropped := dropped + 1;
    exception when lock_not_available then
      null;
    end;
  end loop;
  return dropped;
end
$$;

create function treadle.is_spent(partition text, day date) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  spent boolean;
begin
  execute format('select not exists (select from treadle.%I)', partition) into spent;
  return spent and not exists (
    select from treadle.runs
    where ended_seq is null and created_at >= day::timestamp at time zone 'UTC' and created_at < (day + 1)::timestamp at time zone 'UTC');
end
$$;
