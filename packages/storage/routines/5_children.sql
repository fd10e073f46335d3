-- Runs that a node of another run starts. Their workflow is started by that of their parent, and by nobody else.

-- Stores a child of the run `in_parent`, as `treadle.insert_run` does, unless it is there. `in_node`: the path of the node that waits for its
-- end; null for a child that is let go. `in_plan`: of an inline document; null for the stored workflow `in_name` in `in_version` (a number
-- or a label), of which it keeps the version that it began with. Answers { createdAt, name, version?, plan? } (the plan of a stored
-- workflow), { error: "not-found" } where there is no such workflow, { error: "ended" } where the parent has its last event, or
-- { error: "taken" } where a run of this id is somebody else's.
-- As the owner: workers store no runs but these.
create function treadle.insert_child(
  in_tenant text, in_parent text, in_node text, in_id text, in_input json, in_plan_hash text, in_plan json, in_name text, in_version text
) returns json
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  parent treadle.runs;
  child treadle.runs;
  stored record;
  is_stored boolean := in_plan is null;
begin
  select * into parent from treadle.runs r where r.tenant = in_tenant and r.id = in_parent for share;
  select * into child from treadle.runs r where r.tenant = in_tenant and r.id = in_id;
  if child.id is null then
    if parent.id is null or parent.ended_seq is not null then
      return json_build_object('error', 'ended');
    end if;
    if is_stored then
      select w.version::text as version, w.plan_hash, w.plan into stored from treadle.stored_workflow(in_tenant, in_name, in_version) w;
      if not found then
        return json_build_object('error', 'not-found');
      end if;
      in_version := stored.version;
      in_plan_hash := stored.plan_hash;
      in_plan := stored.plan;
    end if;
    perform treadle.insert_run(in_tenant, in_id, in_plan_hash, in_plan, in_input, null, in_name, case when is_stored then in_version end,
      '{}', parent.priority, null, in_parent, null, null, 'child of ' || in_parent,
      json_strip_nulls(json_build_object('workflow', in_name, 'version', case when is_stored then in_version end, 'parent', in_parent))::text);
    update treadle.runs r set parent_node = in_node where r.tenant = in_tenant and r.id = in_id returning * into child;
  elsif child.parent is distinct from in_parent then
    return json_build_object('error', 'taken');
  end if;
  return json_strip_nulls(json_build_object(
    'createdAt', to_char(child.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'version', child.workflow_version,
    'plan', case when is_stored then (
      select p.plan from treadle.plans p where p.tenant = in_tenant and p.hash = child.plan_hash) end));
end
$$;

-- Children that nobody will start, or wait for, any more: their parent has ended by force, or is gone. As the owner: the reconciler looks
-- after all tenants.
create function treadle.orphans(silent interval, max integer)
returns table (tenant text, id text, created_at timestamptz, status text, is_waited_for boolean)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select r.tenant, r.id, r.created_at, r.status, r.parent_node is not null
  from treadle.runs r left join treadle.runs p on p.tenant = r.tenant and p.id = r.parent
  where r.ended_seq is null and r.parent is not null and (p.id is null or p.ended_at < clock_timestamp() - silent)
    and (r.parent_node is not null or r.status = 'pending')
  order by r.created_at limit max;
end;

-- Children of a run that have ended while their node goes on waiting: their parent has not heard of it. It can be told again and again.
create function treadle.unheard_children(in_tenant text, in_parent text, silent interval)
returns table (id text, node text, status text, output json, error json, usage json)
language sql stable
as $$
  select r.id, r.parent_node, r.status, r.output, r.error, treadle.usage_of(r)
  from treadle.runs r join treadle.node_runs n on n.tenant = r.tenant and n.run_id = r.parent and n.path = r.parent_node
  where r.tenant = in_tenant and r.parent = in_parent and r.parent_node is not null and n.status = 'running'
    and r.ended_at < clock_timestamp() - silent;
$$;
