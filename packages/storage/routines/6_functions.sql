-- Functions of workers: what is there to be called, and what a call keeps of its own.

-- What a worker has registered counts from now on for `ttl_s` seconds, in the place of what it told before. `functions` is a list of
-- { name, description?, inputSchema?, outputSchema? }. What nobody has told of for longer is dropped.
create function treadle.publish_functions(in_runtime text, in_worker text, functions json, ttl_s integer) returns void
language plpgsql
as $$
begin
  insert into treadle.functions as known (runtime, name, worker, description, input_schema, output_schema, expires_at)
  select in_runtime, f ->> 'name', in_worker, f ->> 'description', f -> 'inputSchema', f -> 'outputSchema',
    clock_timestamp() + ttl_s * interval '1 s'
  from json_array_elements(functions) as f order by f ->> 'name'
  on conflict (runtime, name, worker) do update set description = excluded.description, input_schema = excluded.input_schema,
    output_schema = excluded.output_schema, seen_at = clock_timestamp(), expires_at = excluded.expires_at;
  -- What is over, and what this worker has no more; somebody else may be at it.
  delete from treadle.functions f using (
    select o.runtime, o.name, o.worker from treadle.functions o
    where o.expires_at < clock_timestamp() or (o.runtime = in_runtime and o.worker = in_worker
      and o.name not in (select told ->> 'name' from json_array_elements(functions) as told))
    for update skip locked
  ) as old
  where (f.runtime, f.name, f.worker) = (old.runtime, old.name, old.worker);
end
$$;

-- What is there to be called: of each name what was told last.
create function treadle.served_functions() returns table (runtime text, name text, description text, input_schema json, output_schema json)
language sql stable
begin atomic
  select distinct on (f.runtime, f.name) f.runtime, f.name, f.description, f.input_schema, f.output_schema
  from treadle.functions f where f.expires_at > clock_timestamp()
  order by f.runtime, f.name, f.seen_at desc;
end;

-- Keeps a state for the next attempt of this path; false, and nothing is kept, where the attempt is not the one that runs. The run's
-- lock comes first, as for everyone who writes of a run (2_append.sql, invariant 1): so a claim cannot come between.
create function treadle.save_state(in_tenant text, run text, in_path text, in_attempt integer, in_state json) returns boolean
language plpgsql
set enable_seqscan = off
as $$
begin
  perform from treadle.runs r where r.tenant = in_tenant and r.id = run and r.ended_seq is null for no key update;
  if not found then
    return false;
  end if;
  perform from treadle.node_runs n
  where n.tenant = in_tenant and n.run_id = run and n.path = in_path and n.attempt = in_attempt and n.status = 'running';
  if not found then
    return false;
  end if;
  insert into treadle.attempt_states as s (tenant, run_id, path, attempt, state)
  values (in_tenant, run, in_path, in_attempt, in_state)
  on conflict (tenant, run_id, path)
    do update set attempt = excluded.attempt, state = excluded.state, saved_at = clock_timestamp();
  return true;
end
$$;

create function treadle.load_state(in_tenant text, run text, in_path text) returns json
language sql stable
begin atomic
  select s.state from treadle.attempt_states s where s.tenant = in_tenant and s.run_id = run and s.path = in_path;
end;

-- What a function may know of its run.
create function treadle.run_metadata(in_tenant text, run text) returns json
language sql stable
begin atomic
  select json_strip_nulls(json_build_object('workflow', r.workflow_name, 'version', r.workflow_version, 'tags', r.tags))
  from treadle.runs r where r.tenant = in_tenant and r.id = run;
end;
