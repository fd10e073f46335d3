-- The batch that executors send while models stream: nothing but events of attempts that go on. Does and answers what `treadle.append` does,
-- in a third of the time, since nothing is looked at before it is changed; null, with nothing written, where anything is not as usual (a
-- repeat, a fence, a run that has ended): then `treadle.append` has to be called. The invariants are those of 2_append.sql.
--
-- Runs are named once, in `tenants` and `runs`, with how many events they get (`counts`), and meant by their index from then on. No path comes
-- twice in the attempts (a_), which have the ordinals of their first and last event. Of an event (e_) `e_of` is the index of its attempt,
-- and `e_nth` says that it is the first, second, … one of its run.
create function treadle.append_events(
  content boolean, tenants text[], runs text[], counts integer[],
  a_run integer[], a_path text[], a_attempt integer[], a_first integer[], a_last integer[],
  e_of integer[], e_nth integer[], e_type text[], e_data text[]
) returns json
language plpgsql
set enable_seqscan = off -- As `treadle.append`.
set plan_cache_mode = force_generic_plan
-- What is joined with the batch is looked up row by row, in its order, so the runs are locked in the order of their keys. For that the planner
-- has to take the batch for smaller than any table: of a subquery with such a `limit` it expects a row.
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  -- Of each run, by its index.
  v_created timestamptz[];
  v_time timestamptz[];
  v_before integer[];
  v_changed integer;
  v_answers json;
  v_told integer[];
  v_lines text[];
begin
  -- Waits for whoever holds a run, and changes what that one left: no look at the row is needed first.
  with counted as (
    update treadle.runs r set
      last_seq = r.last_seq + k.count, last_event_at = greatest(clock_timestamp()::timestamptz(3), r.last_event_at)
    from (
      select * from unnest(tenants, runs, counts) with ordinality as u(tenant, run, count, ix)
      order by tenant, run limit cardinality(runs)
    ) as k
    where r.tenant = k.tenant and r.id = k.run
    returning k.ix, r.ended_seq is null as open, r.created_at, r.last_event_at, r.last_seq - k.count as before, json_build_array(
      r.last_seq, r.outbox_applied, r.cancel_requested, r.pause_requested, false, null, null) as answer
  )
  select count(*) filter (where open), array_agg(created_at order by ix), array_agg(last_event_at order by ix),
    array_agg(before order by ix), json_agg(answer order by ix)
  into v_changed, v_created, v_time, v_before, v_answers from counted;
  if v_changed <> cardinality(runs) then
    raise 'a run has ended, or does not exist' using errcode = 'TR001';
  end if;

  update treadle.node_runs n set last_ordinal = a.last
  from unnest(a_run, a_path, a_attempt, a_first, a_last) as a(run, path, attempt, first, last)
  where n.tenant = tenants[a.run] and n.run_id = runs[a.run] and n.path = a.path
    and n.attempt = a.attempt and n.status = 'running' and n.last_ordinal < a.first;
  get diagnostics v_changed = row_count;
  if v_changed <> cardinality(a_run) then
    raise 'an attempt is fenced, or sends again what is stored' using errcode = 'TR001';
  end if;

  with new as (
    select a_run[e.of] as run, v_before[a_run[e.of]] + e.nth as seq, e.type, a_path[e.of] as node, a_attempt[e.of] as attempt, e.data
    from unnest(e_of, e_nth, e_type, e_data) as e(of, nth, type, data)
  ), stored as (
    insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
    select v_created[run], tenants[run], runs[run], seq, v_time[run], type, node, attempt, data from new
  )
  select array_agg(seq order by run), array_agg(lines order by run) into v_told, v_lines
  from (
    select run, max(seq) as seq,
      case when content then string_agg(
        tenants[run] || ' ' || treadle.envelope(seq, runs[run], type, v_time[run], node, attempt, data), E'\n' order by seq) end as lines
    from new group by run
  ) as told;

  perform treadle.tell(tenants, runs, v_told, case when content then v_lines end);
  return json_build_object('runs', v_answers, 'accepted', array_fill(true, array[cardinality(a_run)]));
exception when sqlstate 'TR001' then
  return null;
end
$$;
