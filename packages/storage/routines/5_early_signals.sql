-- Signals for runs that have not begun: a run with `startAt`, or one that Temporal could not be told of yet.

-- Keeps a signal, with its `signal.received`, and gives the seq of that; null where the run is Temporal's already, or has ended: deliver
-- it there. A repeat by its id changes nothing. Follows the invariants of `treadle.append`.
create function treadle.keep_signal(
  in_tenant text, in_id text, in_signal_id text, in_name text, in_payload json, in_data text
) returns integer
language plpgsql
as $$
declare
  run treadle.runs;
  now timestamptz(3);
  known integer;
begin
  select * into run from treadle.runs r where r.tenant = in_tenant and r.id = in_id for no key update;
  if run.id is null or run.ended_seq is not null or run.started_in_temporal then
    return null;
  end if;
  select s.seq into known from treadle.early_signals s where s.tenant = in_tenant and s.run_id = in_id and s.id = in_signal_id;
  if known is not null then
    return known;
  end if;
  now := greatest(clock_timestamp()::timestamptz(3), run.last_event_at);
  known := run.last_seq + 1;
  insert into treadle.early_signals (tenant, run_id, seq, id, name, payload)
  values (in_tenant, in_id, known, in_signal_id, in_name, in_payload);
  insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, data)
  values (run.created_at, in_tenant, in_id, known, now, 'signal.received', in_data);
  update treadle.runs r set last_seq = known, last_event_at = now where r.tenant = in_tenant and r.id = in_id;
  perform treadle.tell(array[in_tenant], array[in_id], array[known], array[
    in_tenant || ' ' || treadle.envelope(known, in_id, 'signal.received', now, null, null, in_data)]);
  return known;
end
$$;

-- Notes that Temporal has the run's workflow, and its early signals up to `delivered`. Answers { signals: [{ seq, id, name, payload }],
-- paused }: signals that are left have to be delivered first; without any the run is Temporal's from then on, and no longer pending: that
-- is what Temporal's own search attribute says of it. Does not wait for the disk: a note that a crash of Postgres loses is made again by the
-- reconciler, who finds the workflow started.
create function treadle.mark_started(in_tenant text, in_id text, delivered integer) returns json
language plpgsql
as $$
declare
  run treadle.runs;
  signals json;
begin
  perform set_config('synchronous_commit', 'off', true);
  select * into run from treadle.runs r where r.tenant = in_tenant and r.id = in_id for no key update;
  delete from treadle.early_signals s where s.tenant = in_tenant and s.run_id = in_id and s.seq <= delivered;
  select json_agg(json_build_object('seq', s.seq, 'id', s.id, 'name', s.name, 'payload', s.payload) order by s.seq) into signals
  from treadle.early_signals s where s.tenant = in_tenant and s.run_id = in_id;
  if signals is null and not run.started_in_temporal then
    update treadle.runs r set started_in_temporal = true, status = case r.status when 'pending' then 'running' else r.status end
    where r.tenant = in_tenant and r.id = in_id;
  end if;
  return json_build_object('signals', coalesce(signals, '[]'), 'paused', coalesce(run.pause_requested, false));
end
$$;
