-- Stores a new run with its first event, unless there is a run of this id; gives when it was created, null where it was not. The caller's
-- transaction has set the tenant.
create function treadle.insert_run(
  in_tenant text, in_id text, in_plan_hash text, in_plan json, in_input json, in_document text, in_workflow_name text,
  in_workflow_version text, in_tags json, in_priority smallint, in_start_at timestamptz, in_parent text, in_forked_from text,
  in_forked_from_seq integer, in_request_fingerprint text, in_created_data text
) returns timestamptz
language plpgsql
as $$
declare
  now timestamptz(3) := clock_timestamp();
begin
  insert into treadle.runs (tenant, id, created_at, status, workflow_name, workflow_version, tags, priority, start_at, plan_hash,
    request_fingerprint, parent, forked_from, forked_from_seq, last_seq, last_event_at)
  values (in_tenant, in_id, now, 'pending', in_workflow_name, in_workflow_version, in_tags, in_priority, in_start_at, in_plan_hash,
    in_request_fingerprint, in_parent, in_forked_from, in_forked_from_seq, 1, now)
  on conflict do nothing;
  if not found then
    return null;
  end if;
  loop -- Held to the commit: whoever erases the last other run of this plan waits, and then sees this one.
    insert into treadle.plans (tenant, hash, plan) values (in_tenant, in_plan_hash, in_plan) on conflict do nothing;
    perform from treadle.plans p where p.tenant = in_tenant and p.hash = in_plan_hash for key share;
    exit when found;
  end loop;
  insert into treadle.run_requests (tenant, run_id, input, document) values (in_tenant, in_id, in_input, in_document);
  perform treadle.refer_to_blobs(in_tenant, in_id, in_input);
  perform treadle.open_budget(in_tenant, in_id, in_parent, in_plan -> 'limits');
  perform treadle.ensure_events_partition(now);
  insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, data)
  values (now, in_tenant, in_id, 1, now, 'run.created', in_created_data);
  return now;
end
$$;

-- Ends a run that no code of ours could end: `node.cancelled` for every open node, then the last event. Says false when the run has
-- its last event already. Follows the invariants of `treadle.append`.
create function treadle.close_run(in_tenant text, in_id text, in_type text, in_data text, in_error json, in_engine_status text)
returns boolean
language plpgsql
as $$
#variable_conflict use_column
declare
  run treadle.runs;
  now timestamptz(3);
  last integer;
  told text;
begin
  select * into run from treadle.runs where tenant = in_tenant and id = in_id for no key update;
  if run.id is null or run.ended_seq is not null then
    return false;
  end if;
  now := greatest(clock_timestamp()::timestamptz(3), run.last_event_at);
  with closed as (
    update treadle.node_runs set status = 'cancelled', ended_at = now
    where tenant = in_tenant and run_id = in_id and status in ('running', 'retrying')
    returning path, attempt
  ), new as (
    select run.last_seq + (row_number() over (order by is_last, path))::integer as seq, e.*
    from (
      select false as is_last, 'node.cancelled' as type, path, attempt, '{}' as data from closed
      union all select true, in_type, null, null,
        case in_type when 'run.cancelled' then treadle.with_reason(in_data, run.cancel_reason) else in_data end
    ) as e
  ), stored as (
    insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
    select run.created_at, in_tenant, in_id, seq, now, type, path, attempt, data from new
  )
  select max(seq), string_agg(in_tenant || ' ' || treadle.envelope(seq, in_id, type, now, path, attempt, data), E'\n' order by seq)
  into last, told from new;
  update treadle.runs set last_seq = last, last_event_at = now, ended_seq = last, ended_at = now, status = substr(in_type, 5),
    error = in_error, engine_status = in_engine_status, started_in_temporal = true
  where tenant = in_tenant and id = in_id;
  perform treadle.tell(array[in_tenant], array[in_id], array[last], array[told]);
  return true;
end
$$;

-- Where a run stands, for who waits for it: one row in the place of all that the run has. No row: there is no such run.
create function treadle.run_head(in_tenant text, in_id text) returns table (last_seq integer, ended_seq integer)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query select r.last_seq, r.ended_seq from treadle.runs r where r.tenant = in_tenant and r.id = in_id;
end
$$;

-- What the reconciler and the event log have to see of all tenants. As the owner: the API's role sees one tenant at a time.

-- Runs that are due, and of which nobody has said that Temporal has all of them: the workflow, and what came before it. Children are
-- their parent's to start.

create function treadle.pending_starts(silent interval, max integer) returns table (tenant text, id text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select r.tenant, r.id from treadle.runs r
  where r.ended_seq is null and not r.started_in_temporal and r.parent is null
    and greatest(r.created_at, r.start_at) < clock_timestamp() - silent
  order by r.created_at limit max;
end;

-- In the order of creation, past the given run, so that any number of them is seen page by page.
create function treadle.open_runs(silent interval, past_created timestamptz, past_tenant text, past_id text, max integer)
returns table (tenant text, id text, created_at timestamptz, status text, last_seq integer)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select r.tenant, r.id, r.created_at, r.status, r.last_seq from treadle.runs r
  where r.ended_seq is null and (r.started_in_temporal or r.status <> 'pending') and r.last_event_at < clock_timestamp() - silent
    and (r.created_at, r.tenant, r.id) > (past_created, past_tenant, past_id)
  order by r.created_at, r.tenant, r.id limit max;
end;

create function treadle.run_heads(tenants text[], runs text[]) returns table (tenant text, id text, last_seq integer)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select r.tenant, r.id, r.last_seq
  from unnest(tenants, runs) as k(tenant, id) join treadle.runs r on r.tenant = k.tenant and r.id = k.id;
end;
