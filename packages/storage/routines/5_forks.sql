-- Forks: a new run takes over outputs of another one. All of it happens in the transaction that stores the new run, so nobody has ever
-- seen the run without what it takes over, and no lock of the old run is held but the one that keeps it from being erased.

-- Keeps the run from being erased until the transaction ends; false when it is gone, or has not come to `in_seq`.
create function treadle.hold_run(in_tenant text, in_id text, in_seq integer) returns boolean
language plpgsql
as $$
begin
  perform from treadle.runs r where r.tenant = in_tenant and r.id = in_id and r.last_seq >= in_seq for key share;
  return found;
end
$$;

-- What stands beside checkpoints and is needed by who goes on from them: references to blobs, and, of the agents' turns among `paths`, what
-- was said. Transcripts are copied, so that the fork's readers look at one run, and outlive the other one.
create function treadle.copy_lineage(in_tenant text, in_from text, in_id text, paths text[]) returns void
language sql
begin atomic
  insert into treadle.blob_refs (tenant, run_id, sha256)
  select in_tenant, in_id, r.sha256 from treadle.blob_refs r where r.tenant = in_tenant and r.run_id = in_from
  on conflict do nothing;
  insert into treadle.transcripts (tenant, run_id, agent, turn, position, message)
  select in_tenant, in_id, t.agent, t.turn, t.position, t.message from treadle.transcripts t
  where t.tenant = in_tenant and t.run_id = in_from and t.agent || '~' || t.turn || '.model' = any (paths);
  insert into treadle.transcript_profiles (tenant, run_id, agent, turn, profile)
  select in_tenant, in_id, p.agent, p.turn, p.profile from treadle.transcript_profiles p
  where p.tenant = in_tenant and p.run_id = in_from and p.agent || '~' || p.turn || '.model' = any (paths);
  insert into treadle.pinned_tools (tenant, run_id, server, tools)
  select in_tenant, in_id, p.server, p.tools from treadle.pinned_tools p where p.tenant = in_tenant and p.run_id = in_from
  on conflict do nothing;
end;

-- Gives a run that this transaction has stored these outputs, in this order: `node.reused` with a checkpoint each, so that whoever claims such
-- a node finds it done. An attempt of 0 says that nothing was executed.
create function treadle.take_over(
  in_tenant text, in_id text, paths text[], kinds text[], names text[], outputs text[], data text[]
) returns void
language plpgsql
as $$
#variable_conflict use_column
declare
  run treadle.runs;
begin
  update treadle.runs r set last_seq = r.last_seq + cardinality(paths)
  where r.tenant = in_tenant and r.id = in_id returning r.* into strict run;
  with taken as (
    select t.*, run.last_seq - cardinality(paths) + t.ix::integer as seq
    from unnest(paths, kinds, names, outputs, data) with ordinality as t(path, kind, name, output, data, ix)
  ), told as (
    insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, data)
    select run.created_at, in_tenant, in_id, seq, run.last_event_at, 'node.reused', path, data from taken
  ), noted as (
    insert into treadle.node_runs (tenant, run_id, path, kind, status, attempt, has_checkpoint, ended_at)
    select in_tenant, in_id, path, kind, 'reused', 0, true, run.last_event_at from taken
  )
  insert into treadle.checkpoints (tenant, run_id, path, attempt, seq, time, output, name)
  select in_tenant, in_id, path, 0, seq, run.last_event_at, output::json, name from taken;
end
$$;
