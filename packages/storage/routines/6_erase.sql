-- Erasing runs. As the owner: nobody else may delete what is stored, and nothing that still runs can be erased.

-- Takes a run that has ended out of every table that names it, with its plan where no other run has it: 'erased', 'active' or 'not-found'.
-- Blobs are left to the sweeper, which takes those that nothing refers to any more.
create function treadle.erase_run(in_tenant text, in_id text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  run treadle.runs;
  name text;
begin
  -- Waits for a fork that is copying from it, and for whoever writes to it.
  select * into run from treadle.runs r where r.tenant = in_tenant and r.id = in_id for update;
  if run.id is null then
    return 'not-found';
  elsif run.ended_seq is null then
    return 'active';
  end if;
  delete from treadle.events e where e.run_created_at = run.created_at and e.tenant = in_tenant and e.run_id = in_id;
  -- Every table that names runs does it so; partitions are reached by their parent.
  for name in
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'run_id' and not a.attisdropped
    where c.relnamespace = 'treadle'::regnamespace and c.relkind = 'r' and not c.relispartition
  loop
    execute format('delete from treadle.%I where tenant = $1 and run_id = $2', name) using in_tenant, in_id;
  end loop;
  perform treadle.forget_results_of(run);
  delete from treadle.runs r where r.tenant = in_tenant and r.id = in_id;
  perform from treadle.plans p where p.tenant = in_tenant and p.hash = run.plan_hash for update;
  -- A statement of its own, behind the lock: it sees the runs that came with this plan meanwhile.
  delete from treadle.plans p where p.tenant = in_tenant and p.hash = run.plan_hash
    and not exists (select from treadle.runs r where r.tenant = in_tenant and r.plan_hash = run.plan_hash)
    and not exists (select from treadle.workflows w where w.tenant = in_tenant and w.plan_hash = run.plan_hash);
  return 'erased';
end
$$;

-- The same for the API, whose transaction has set its tenant: it reaches no other one.
create function treadle.erase_own_run(in_id text) returns text
language sql security definer
set search_path = pg_catalog, pg_temp
return treadle.erase_run(current_setting('treadle.tenant'), in_id);

-- Erases runs that ended before `age` ago, the oldest first; says how many. Several may do it at once.
create function treadle.erase_old_runs(age interval, max integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  run record;
  erased integer := 0;
begin
  for run in
    select r.tenant, r.id from treadle.runs r
    where r.ended_seq is not null and r.ended_at < clock_timestamp() - age
    order by r.ended_at limit max for update skip locked
  loop
    perform treadle.erase_run(run.tenant, run.id);
    erased := erased + 1;
  end loop;
  return erased;
end
$$;

-- Forgets idempotency keys that are past their time; says how many.
create function treadle.forget_old_keys(max integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  forgotten integer;
begin
  delete from treadle.idempotency i using (
    select o.tenant, o.method, o.path, o.key_sha256 from treadle.idempotency o
    where o.expires_at < clock_timestamp() order by o.expires_at limit max for update skip locked
  ) as over
  where (i.tenant, i.method, i.path, i.key_sha256) = (over.tenant, over.method, over.path, over.key_sha256);
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;
