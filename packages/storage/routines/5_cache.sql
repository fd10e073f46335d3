-- Results of nodes that have `cache`, for workers of every language. A hit is looked for after the claim: the attempt then ends by
-- `node.completed` with `cached: true` and without usage. Two that execute the same at the same time both execute it; the later result stays.

-- Names what is executed: the same work with the same schema of its result, in the same language. `jsonb` makes it independent of the order
-- of keys; it refuses NUL, which here only has to give some key.
create function treadle.cache_key(runtime text, work json, output_schema json) returns text
language sql immutable
return encode(sha256(convert_to(
  replace(json_build_array(runtime, work, output_schema)::text, '\u0000', '\ufffd')::jsonb::text, 'UTF8')), 'hex');

-- { output } of a result that is at most `age_ms_max` old, null where there is none. The run refers to its blobs from then on.
create function treadle.find_cached(
  in_tenant text, run text, runtime text, work json, output_schema json, age_ms_max bigint
) returns json
language plpgsql
set enable_seqscan = off
as $$
declare
  found_output json;
begin
  select c.output into found_output from treadle.cached_results c
  where c.tenant = in_tenant and c.key = treadle.cache_key(runtime, work, output_schema)
    and c.created_at > clock_timestamp() - age_ms_max * interval '1 ms';
  if found_output is null then
    return null;
  end if;
  perform treadle.refer_to_blobs(in_tenant, run, found_output);
  return json_build_object('output', found_output);
end
$$;

-- Keeps a result for `ttl_ms`, in the place of an older one.
create function treadle.keep_cached(
  in_tenant text, runtime text, work json, output_schema json, in_output json, ttl_ms bigint
) returns void
language plpgsql
set enable_seqscan = off
as $$
declare
  new_key constant text := treadle.cache_key(runtime, work, output_schema);
begin
  insert into treadle.cached_results as c (tenant, key, output, created_at, expires_at)
  values (in_tenant, new_key, in_output, clock_timestamp(), clock_timestamp() + ttl_ms * interval '1 ms')
  on conflict (tenant, key) do update set
    output = excluded.output, created_at = excluded.created_at, expires_at = greatest(c.expires_at, excluded.expires_at);
  delete from treadle.blob_refs r where r.tenant = in_tenant and r.run_id = 'cache:' || new_key;
  perform treadle.refer_to_blobs(in_tenant, 'cache:' || new_key, in_output);
end
$$;

-- What is sealed in `value` has its handles beside it, under `refs`. Blobs are touched first: a sweeper that is at one of them is waited for, or comes too late.
create function treadle.refer_to_blobs(in_tenant text, run text, value json) returns void
language plpgsql
as $$
begin
  if value::text not like '%"$blob"%' then
    return;
  end if;
  insert into treadle.blobs (tenant, sha256, size)
  select in_tenant, b ->> 'sha256', max((b ->> 'size')::bigint)
  from jsonb_path_query(value::jsonb, '$.**."$blob" ? (exists(@.sha256))') as b group by b ->> 'sha256' order by b ->> 'sha256'
  on conflict (tenant, sha256) do update set touched_at = clock_timestamp();
  insert into treadle.blob_refs (tenant, sha256, run_id)
  select distinct in_tenant, b ->> 'sha256', run from jsonb_path_query(value::jsonb, '$.**."$blob" ? (exists(@.sha256))') as b
  on conflict do nothing;
end
$$;

-- Drops results whose time is over; says how many.
create function treadle.forget_old_results(max integer) returns integer
language plpgsql
as $$
declare
  forgotten integer;
begin
  with over as (
    select c.tenant, c.key from treadle.cached_results c
    where c.expires_at < clock_timestamp() order by c.expires_at limit max for update skip locked
  ), dropped as (
    delete from treadle.cached_results c using over where c.tenant = over.tenant and c.key = over.key
  ), released as (
    delete from treadle.blob_refs r using over where r.tenant = over.tenant and r.run_id = 'cache:' || over.key
  )
  select count(*) into forgotten from over;
  return forgotten;
end
$$;

-- Drops what a run may have left in the cache, with others' of the same time: nobody notes whose a result is, and a cache may forget.
create function treadle.forget_results_of(run treadle.runs) returns void
language sql
begin atomic
  delete from treadle.blob_refs r using treadle.cached_results c
  where r.tenant = run.tenant and c.tenant = run.tenant and r.run_id = 'cache:' || c.key
    and c.created_at between run.created_at and run.ended_at + interval '1 minute';
  delete from treadle.cached_results c
  where c.tenant = run.tenant and c.created_at between run.created_at and run.ended_at + interval '1 minute';
end;
