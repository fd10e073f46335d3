-- How events come into the log. `treadle.append` is the one statement of a batch; it commits by itself.
--
-- Invariants
--  1. Every writer of a run's events, node rows and checkpoints locks the run's row first, and holds it to its commit. Runs are locked
--     in the order of their keys, so two batches never wait for each other.
--  2. Nothing is read before the locks are held. A function sees for each of its statements what is committed when that statement
--     starts (READ COMMITTED), not when the call started: behind the lock, that is all there is of the run. The rows of `runs` come
--     from the locking statement itself, which gives the newest version of what it waited for.
--  3. `seq` goes on from the locked row's `last_seq`: no gap, no repetition, and the order of commits is the order of `seq`.
--  4. An attempt's events count only while the node's row says that this attempt is the newest and runs (the fence), and only those
--     whose ordinal is above the row's `last_ordinal`: a batch that is sent again changes nothing.
--  5. The outbox is applied without a gap, each number once, and nothing after the run's last event. A workflow task that was lost after
--     its local activities had written is done again, maybe with more to know, such as a cancel: what the workflow tells then under
--     numbers that are applied is something else. The run's row keeps a mark of what the last numbers stood for (`outbox_tail`): from the
--     first one that differs on the newer telling counts, and of it what the rows of nodes still lack.
--  6. A claim has an id. Sent again, it gets the attempt that it got.
--  7. After the last event of a run nothing is appended to it.
--  8. The time of a run's events never goes backwards, whatever the clock does.
--  9. A path counts once against the budget of the run (routines/4_budgets.sql), with the row that it gets; the calls of an agent
--     (`agent~turn.…`) are no nodes and do not count.
-- 10. What a segment does next names the ends that it builds on, and counts only where those stand: it may be sent before they are known
--     to be stored. Events of the nodes that a segment's executor computes itself have the number 0: they change what the node's row
--     still lacks, so that an executor that comes after a crash repeats them without effect. Its claims (those with `c_after`, which may be
--     empty) begin no node while the log says that the run is paused: the workflow, which holds back all others, is not asked.
--
-- Within a batch the order is: attempts' events, the outbox, claims. What happens before something else is either answered in an
-- earlier batch or comes before it in this order: an end before the claim that it made possible, a node's events before the run's last.

-- The envelope of an event, as every reader gets it, whichever way it came: one line of JSON. Whoever reads stored events makes the very
-- same of them (packages/storage/src/events/event-line.ts). `run_id` and `type` hold nothing that JSON escapes.
create function treadle.envelope(
  seq integer, run_id text, type text, "time" timestamptz, node text, attempt integer, data text
) returns text
language sql stable
return '{"seq":' || seq || ',"runId":"' || run_id || '","type":"' || type
  || '","time":"' || to_char("time" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  || '"' || coalesce(',"node":' || to_json(node)::text, '') || coalesce(',"attempt":' || attempt, '')
  || ',"data":' || data || '}';

-- Tells listeners, at the commit, in as few notifications of at most 7,900 bytes (Postgres refuses 8,000) as it takes: a line for each event,
-- `<tenant> <envelope>`. Of a run whose lines do not fit into one, and of those that come after four, they get a hint, `<tenant> <run> <last
-- seq>`: whoever follows the run reads it, which costs more than to be told, so a batch that has grown large under load is told too.
-- Of a run that there is nothing to tell of `seqs` and `lines` are null.
create function treadle.tell(tenants text[], runs text[], seqs integer[], lines text[]) returns void
language plpgsql
as $$
declare
  bytes_max constant integer := 7900;
  notifications_max constant integer := 4;
  payload text := array_to_string(lines, E'\n');
  sent integer := 0;
  told text;
begin
  if cardinality(array_remove(seqs, null)) = 0 then
    return;
  end if;
  if octet_length(payload) <= bytes_max then -- As nearly always.
    perform pg_notify('treadle_events', payload);
    return;
  end if;

  payload := null;
  for ix in 1 .. cardinality(runs) loop
    continue when seqs[ix] is null;
    told := lines[ix];
    if told is null or octet_length(told) > bytes_max or sent >= notifications_max then
      told := tenants[ix] || ' ' || runs[ix] || ' ' || seqs[ix];
    end if;
    if octet_length(payload) + octet_length(told) >= bytes_max then
      perform pg_notify('treadle_events', payload);
      sent := sent + 1;
      payload := null;
    end if;
    payload := concat_ws(E'\n', payload, told);
  end loop;
  perform pg_notify('treadle_events', payload);
end
$$;

-- A cancellation's event says why, where the run's row knows: the writer puts `reason` first when it knows one itself.
create function treadle.with_reason(data text, reason json) returns text
language sql immutable
return case when reason is null or data like '{"reason":%' then data
  when data = '{}' then '{"reason":' || reason::text || '}'
  else '{"reason":' || reason::text || ',' || substr(data, 2) end;

-- What a run has used, as `GET /runs/{id}` shows it.
create function treadle.usage_of(r treadle.runs) returns json
language sql immutable
return json_strip_nulls(json_build_object(
  'inputTokens', r.input_tokens, 'outputTokens', r.output_tokens, 'cachedInputTokens', r.cached_input_tokens,
  'reasoningTokens', r.reasoning_tokens, 'llmCalls', r.llm_calls, 'toolCalls', r.tool_calls, 'costUsd', r.cost_usd));

-- What the last event of a run says of it, behind what its writer says.
create function treadle.with_usage(data text, type text, r treadle.runs) returns text
language sql immutable
as $$
  select left(data, -1) || case data when '{}' then '' else ',' end || '"usage":' || treadle.usage_of(r)::text
    || case when type = 'run.completed' and r.cost_usd is not null then ',"costUsd":' || to_json(r.cost_usd)::text else '' end || '}'
$$;

create function treadle.add_usage(in_tenant text, run text, usage json) returns void
language plpgsql -- Keeps its plan; one in SQL would be planned anew for each call.
as $$
begin
  update treadle.runs r set
    input_tokens = r.input_tokens + coalesce((usage ->> 'inputTokens')::bigint, 0),
    output_tokens = r.output_tokens + coalesce((usage ->> 'outputTokens')::bigint, 0),
    cached_input_tokens = r.cached_input_tokens + coalesce((usage ->> 'cachedInputTokens')::bigint, 0),
    reasoning_tokens = r.reasoning_tokens + coalesce((usage ->> 'reasoningTokens')::bigint, 0),
    llm_calls = r.llm_calls + coalesce((usage ->> 'llmCalls')::bigint, 0),
    tool_calls = r.tool_calls + coalesce((usage ->> 'toolCalls')::bigint, 0),
    cost_usd = case when usage ->> 'costUsd' is null then r.cost_usd
      else coalesce(r.cost_usd, 0) + (usage ->> 'costUsd')::double precision end
  where r.tenant = in_tenant and r.id = run;
end
$$;

-- Says whether the ends of attempts, `[[path, attempt], …]`, were taken: none of them was fenced.
create function treadle.ends_stand(in_tenant text, run text, ends text) returns boolean
language plpgsql stable -- Keeps its plan, as `treadle.add_usage`.
as $$
begin
  return ends is null or not exists (
    select from json_array_elements(ends::json) e
    left join treadle.node_runs n on n.tenant = in_tenant and n.run_id = run and n.path = e ->> 0
    where n.attempt is distinct from (e ->> 1)::integer or n.status = 'running');
end
$$;

-- What an event of the outbox is told apart by from another one under the same number: six hex digits.
create function treadle.outbox_mark(type text, node text, data text) returns text
language sql immutable
return left(md5(type || coalesce(' ' || node, '') || case when type = 'signal.received' then coalesce(data::json ->> 'id', '') else '' end), 6);

-- Applies a batch. Runs are named once, in `tenants` and `runs`, and meant by their index from then on; no path comes twice in the
-- attempts, nor in the claims. Answers { runs: [[lastSeq, outboxApplied, cancelRequested, pauseRequested, ended, exceeded, usage]],
-- accepted: [boolean for each attempt], claims: [{ status, … }] }. A run that does not exist counts as ended. `exceeded`: the outbox
-- has nodes that pass a limit, see `treadle.budget_refusal`; so has a claim that is `refused`. `usage`: of a run that has ended.
create function treadle.append(
  content boolean, tenants text[], runs text[],
  -- attempts (a_): what an executor did, with the last ordinal, and how it ended the attempt, if it did
  a_run integer[], a_path text[], a_attempt integer[], a_last integer[],
  a_end text[], a_output text[], a_error text[], a_usage text[], a_name text[],
  -- their events (e_); `e_of` is an index into the attempts
  e_of integer[], e_ordinal integer[], e_type text[], e_data text[],
  -- the outbox (o_)
  o_run integer[], o_n integer[], o_type text[], o_node text[], o_if_open boolean[], o_data text[],
  o_kind text[], o_signal text[], o_output text[], o_error text[], o_usage text[],
  -- claims (c_); `c_data` is that of `node.started`, `c_death` that of `node.retrying` for an attempt that died
  c_run integer[], c_path text[], c_id uuid[], c_kind text[], c_runtime text[], c_data text[], c_death text,
  -- what outbox and claims build on: ends of attempts that have to stand, null for nothing
  o_after text[] default '{}', c_after text[] default '{}'
) returns json
language plpgsql
set enable_seqscan = off -- Plans are kept for a connection's life; they must not be those of an empty table.
-- Else each statement is planned anew for each batch, since one for a known few rows looks cheaper than the kept one: three quarters of the time.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  -- Of each run, by its index.
  v_created timestamptz[];
  v_time timestamptz[];
  v_seq integer[];
  v_told integer[] := array_fill(null::integer, array[cardinality(runs)]);
  v_lines text[] := array_fill(null::text, array[cardinality(runs)]);
  v_applied integer[];
  -- The first number of the outbox that counts, and marks of those before it, the last ones.
  v_from integer[];
  v_tail text[];
  v_cancel boolean[];
  v_pause boolean[];
  v_paused boolean[]; -- Its log says that it is; that somebody wants it (`v_pause`) comes before that.
  v_ended boolean[];
  v_limited boolean[];
  v_exceeded json[] := array_fill(null::json, array[cardinality(runs)]);
  v_usage json[];
  -- What the attempts have told: runs, with their last seq and lines.
  v_told_run integer[];
  v_told_seq integer[];
  v_told_lines text[];
  -- Of each attempt: the ordinal above which its events count; the largest integer where it is fenced.
  v_floor integer[];
  v_accepted boolean[];
  v_claims json[] := array_fill(null::json, array[cardinality(c_run)]);
  v_refused json[] := array_fill(null::json, array[cardinality(c_run)]);
  fenced constant integer := 2147483647;
  row record;
begin
  select
    array_agg(r.created_at order by k.ix), array_agg(greatest(clock_timestamp()::timestamptz(3), r.last_event_at) order by k.ix),
    array_agg(coalesce(r.last_seq, 0) order by k.ix), array_agg(coalesce(r.outbox_applied, 0) order by k.ix),
    array_agg(coalesce(r.cancel_requested, false) order by k.ix), array_agg(coalesce(r.pause_requested, false) order by k.ix),
    array_agg(r.id is null or r.ended_seq is not null order by k.ix), array_agg(r.budget_runs is not null order by k.ix),
    array_agg(coalesce(r.outbox_tail, '') order by k.ix), array_agg(coalesce(r.status = 'paused', false) order by k.ix)
  into v_created, v_time, v_seq, v_applied, v_cancel, v_pause, v_ended, v_limited, v_tail, v_paused
  from (select * from unnest(tenants, runs) with ordinality as k(tenant, run, ix) order by k.tenant, k.run) as k
  left join lateral ( -- One after the other, in that order.
    select * from treadle.runs r where r.tenant = k.tenant and r.id = k.run for no key update
  ) as r on true;

  if true = any (v_limited) and cardinality(o_run) + cardinality(c_run) > 0 then
    perform from treadle.budgets b
    where (b.tenant, b.run_id) in (
      select r.tenant, r.budget_runs[1] from unnest(tenants, runs) as k(tenant, run)
      join treadle.runs r on r.tenant = k.tenant and r.id = k.run)
    order by b.tenant, b.run_id for update;
  end if;

  if cardinality(a_run) > 0 then
    select
      array_agg(case when open then last_ordinal else fenced end order by ix),
      array_agg(open or repeated order by ix)
    into v_floor, v_accepted
    from (
      select a.ix, n.last_ordinal,
        coalesce(n.attempt = a.attempt and n.status = 'running', false) and not v_ended[a.run] as open,
        coalesce(n.attempt = a.attempt and n.last_ordinal >= a.last, false) as repeated
      from unnest(a_run, a_path, a_attempt, a_last) with ordinality as a(run, path, attempt, last, ix)
      left join treadle.node_runs n on n.tenant = tenants[a.run] and n.run_id = runs[a.run] and n.path = a.path
    ) as judged;

    with new as (
      select e.*, a_run[e.of] as run, a_path[e.of] as node, a_attempt[e.of] as attempt,
        v_seq[a_run[e.of]] + (row_number() over (partition by a_run[e.of] order by e.ix))::integer as seq
      from unnest(e_of, e_ordinal, e_type, e_data) with ordinality as e(of, ordinal, type, data, ix)
      where e.ordinal > v_floor[e.of]
    ), stored as (
      insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
      select v_created[run], tenants[run], runs[run], seq, v_time[run], type, node, attempt, data from new
    ), moved as (
      update treadle.node_runs n set
        last_ordinal = a.last,
        status = case a.end when 'node.completed' then 'completed' when 'node.retrying' then 'retrying'
          when 'node.failed' then 'failed' when 'node.cancelled' then 'cancelled' else n.status end,
        -- One that is retried and has an error waits for a higher limit: that is no failure.
        failures = n.failures
          + case when a.end = 'node.failed' or a.end = 'node.retrying' and a.error is null then 1 else 0 end,
        has_checkpoint = n.has_checkpoint or a.output is not null,
        error = coalesce(a.error::json, n.error),
        ended_at = case when a.end is null then n.ended_at else v_time[a.run] end
      from unnest(a_run, a_path, a_last, a_end, a_output, a_error) with ordinality
        as a(run, path, last, "end", output, error, ix)
      where a.last > v_floor[a.ix] and n.tenant = tenants[a.run] and n.run_id = runs[a.run] and n.path = a.path
    ), kept as (
      insert into treadle.checkpoints (tenant, run_id, path, attempt, seq, time, output, usage, name)
      select tenants[run], runs[run], node, attempt, seq, v_time[run],
        a_output[of]::json, a_usage[of]::json, a_name[of]
      from new where type = 'node.completed'
    )
    select array_agg(run), array_agg(seq), array_agg(lines) into v_told_run, v_told_seq, v_told_lines
    from (
      select run, max(seq) as seq,
        case when content then string_agg(
          tenants[run] || ' ' || treadle.envelope(seq, runs[run], type, v_time[run], node, attempt, data), E'\n' order by seq) end as lines
      from new group by run
    ) as told;
    for i in 1 .. coalesce(cardinality(v_told_run), 0) loop
      v_seq[v_told_run[i]] := v_told_seq[i];
      v_told[v_told_run[i]] := v_told_seq[i];
      v_lines[v_told_run[i]] := v_told_lines[i];
    end loop;

    if cardinality(array_remove(a_usage, null)) > 0 then
      perform treadle.add_usage(tenants[u.run], runs[u.run], u.usage::json)
      from unnest(a_run, a_usage, a_last) with ordinality as u(run, usage, last, ix)
      where u.usage is not null and u.last > v_floor[u.ix];
    end if;
  end if;

  if cardinality(o_run) > 0 then
    select array_agg(coalesce(differs.n, v_applied[k.ix] + 1) order by k.ix) into v_from
    from generate_series(1, cardinality(runs)) as k(ix) left join (
      select o.run, min(o.n) as n from unnest(o_run, o_n, o_type, o_node, o_data) as o(run, n, type, node, data)
      where o.n between greatest(1, v_applied[o.run] - length(v_tail[o.run]) / 6 + 1) and v_applied[o.run] and not v_ended[o.run]
        and treadle.outbox_mark(o.type, o.node, o.data) <> substr(v_tail[o.run], length(v_tail[o.run]) - 6 * (v_applied[o.run] - o.n + 1) + 1, 6)
      group by o.run
    ) as differs on differs.run = k.ix;

    -- Of children, which end in the outbox of their parent; before the run's last event, which tells the sum.
    perform treadle.add_usage(tenants[u.run], runs[u.run], u.usage::json)
    from (
      select o.*, o.n = v_from[o.run] - 1 + row_number() over (partition by o.run order by o.n) as is_next
      from unnest(o_run, o_n, o_node, o_usage) as o(run, n, node, usage) where o.n >= v_from[o.run] and not v_ended[o.run]
    ) as u where u.is_next and u.usage is not null and not exists (
      select from treadle.node_runs n where n.tenant = tenants[u.run] and n.run_id = runs[u.run] and n.path = u.node
        and n.status not in ('running', 'retrying'));

    for row in
      with numbered as (
        select o.*, o.n > 0 and v_from[o.run] <= v_applied[o.run] as is_retold,
          o.n = 0 or o.n = v_from[o.run] - 1 + row_number() over (partition by o.run, o.n = 0 order by o.ix) as is_next,
          o.type like 'node.%' and o.type not in ('node.delta', 'node.retrying') as is_status
        from unnest(o_run, o_n, o_type, o_node, o_if_open, o_data, o_kind, o_signal, o_output, o_error, o_usage, o_after)
          with ordinality as o(run, n, type, node, if_open, data, kind, signal, output, error, usage, after, ix)
        where (o.n = 0 or o.n >= v_from[o.run]) and not v_ended[o.run] and treadle.ends_stand(tenants[o.run], runs[o.run], o.after)
      ), ordered as (
        select o.*,
          count(*) filter (where type in ('run.completed', 'run.failed', 'run.cancelled'))
            over (partition by run order by ix rows between unbounded preceding and 1 preceding) as ends_before,
          lag(type) over (partition by run, node, is_status order by ix) as status_before,
          lag(type) over (partition by run, type like 'run.%' order by ix) as run_before
        from numbered o where is_next
      ), judged as (
        select o.*, n.attempt as known_attempt, n.status as known_status, n.has_checkpoint
        from ordered o
        left join treadle.node_runs n on n.tenant = tenants[o.run] and n.run_id = runs[o.run] and n.path = o.node
        where o.ends_before = 0
      ), new as (
        select j.run, j.ix, j.type, j.node, j.is_status, j.kind, j.signal, j.output, j.error, j.usage, j.data as own_data,
          j.type = 'node.started' and j.known_attempt is null and strpos(j.node, '~') = 0 as is_counted,
          case when j.type in ('node.skipped', 'node.reused') then null
            when j.node is not null then coalesce(j.known_attempt, 1) end as attempt,
          case when j.type = 'run.cancelled' then treadle.with_reason(j.data, r.cancel_reason)
            when j.type in ('run.completed', 'run.failed') then treadle.with_usage(j.data, j.type, r) else j.data end as data,
          v_seq[j.run] + (row_number() over (partition by j.run order by j.ix))::integer as seq
        from judged j left join treadle.runs r on j.type like 'run.%' and r.tenant = tenants[j.run] and r.id = runs[j.run]
        -- A task that is done again may hear of a signal later than before, when what it tells anew has been told.
        where case when j.type = 'signal.received' then not exists (
            select from treadle.events e where e.run_created_at = v_created[j.run] and e.tenant = tenants[j.run]
              and e.run_id = runs[j.run] and e.type = j.type and e.data::json ->> 'id' = j.data::json ->> 'id')
          when not j.is_status then not j.is_retold or case j.type
              when 'run.started' then r.started_at is null
              when 'run.waiting' then coalesce(j.run_before, 'run.' || r.status) <> 'run.waiting'
              when 'run.paused' then coalesce(j.run_before, 'run.' || r.status) <> 'run.paused'
              when 'run.resumed' then coalesce(j.run_before, 'run.' || r.status) in ('run.waiting', 'run.paused')
              else true end
          when j.type in ('node.started', 'node.skipped', 'node.reused') then j.known_status is null and j.status_before is null
          when j.known_status in ('completed', 'cancelled', 'skipped', 'reused') then false
          -- A start in this batch counts only where the row had none: else it was told again, and the row says how far it is.
          when j.known_status is null and j.status_before = 'node.started' then true
          when j.known_status in ('running', 'retrying') and coalesce(j.status_before, 'node.started') = 'node.started' then true
          -- A failure that a catch has taken is followed by the end of the catch, which may be a failure too.
          when j.status_before <> 'node.started' then j.status_before = 'node.failed' and not j.if_open
          else coalesce(j.known_status = 'failed', false) and not (j.has_checkpoint or j.if_open) and (j.type <> 'node.failed' or not exists (
            select from treadle.events e where e.run_created_at = v_created[j.run] and e.tenant = tenants[j.run]
              and e.run_id = runs[j.run] and e.node = j.node and e.type = j.type and e.data = j.data)) end
      ), stored as (
        insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
        select v_created[run], tenants[run], runs[run], seq, v_time[run], type, node, attempt, data from new
      ), moved as (
        insert into treadle.node_runs as n
          (tenant, run_id, path, kind, status, attempt, has_checkpoint, signal, waits, error, started_at, ended_at)
        select distinct on (run, node) tenants[run], runs[run], node,
          max(kind) over paths,
          case type when 'node.started' then 'running' else substr(type, 6) end,
          coalesce(attempt, 0),
          bool_or(output is not null) over paths,
          max(signal) over paths,
          (max(own_data) filter (where signal is not null) over paths)::json,
          error::json,
          case when bool_or(type = 'node.started') over paths then v_time[run] end,
          case when type <> 'node.started' then v_time[run] end
        from new where is_status and node is not null
        window paths as (partition by run, node)
        order by run, node, ix desc
        on conflict (tenant, run_id, path) do update set
          kind = coalesce(n.kind, excluded.kind), status = excluded.status,
          has_checkpoint = n.has_checkpoint or excluded.has_checkpoint,
          signal = coalesce(n.signal, excluded.signal), waits = coalesce(n.waits, excluded.waits),
          error = excluded.error, started_at = coalesce(n.started_at, excluded.started_at), ended_at = excluded.ended_at
      ), kept as (
        insert into treadle.checkpoints (tenant, run_id, path, attempt, seq, time, output, usage)
        select tenants[run], runs[run], node, coalesce(attempt, 0), seq, v_time[run], output::json, usage::json
        from new where output is not null and node is not null
        on conflict do nothing
      ), run_moved as (
        update treadle.runs r set
          status = s.status,
          started_at = case when s.started then coalesce(r.started_at, v_time[s.run]) else r.started_at end,
          ended_at = case when s.ended then v_time[s.run] end,
          ended_seq = case when s.ended then s.seq end,
          output = s.output::json, error = s.error::json
        from (
          select distinct on (run) run, seq, output, error,
            type in ('run.completed', 'run.failed', 'run.cancelled') as ended,
            bool_or(type = 'run.started') over (partition by run) as started,
            case type when 'run.started' then 'running' when 'run.resumed' then 'running' else substr(type, 5) end as status
          from new where type like 'run.%' order by run, ix desc
        ) as s
        where r.tenant = tenants[s.run] and r.id = runs[s.run]
      )
      select o.run, max(o.n) as n, max(new.seq) as seq,
        string_agg(treadle.outbox_mark(o.type, o.node, o.data), '' order by o.ix) filter (where o.n > 0) as marks,
        coalesce(bool_or(o.type in ('run.completed', 'run.failed', 'run.cancelled')), false) as ended,
        count(*) filter (where new.is_counted) as counted,
        (array_agg(new.type order by new.ix desc) filter (where new.type in ('run.paused', 'run.resumed')))[1] as pause,
        case when content then string_agg(
          tenants[o.run] || ' ' || treadle.envelope(new.seq, runs[o.run], new.type, v_time[o.run], new.node, new.attempt, new.data),
          E'\n' order by o.ix) end as lines
      from judged o left join new on new.ix = o.ix group by o.run
    loop
      if row.n > 0 then
        v_tail[row.run] := right(
          left(v_tail[row.run], length(v_tail[row.run]) - 6 * (v_applied[row.run] - v_from[row.run] + 1)) || row.marks, 6 * 64);
        v_applied[row.run] := row.n;
      end if;
      v_ended[row.run] := row.ended;
      v_paused[row.run] := coalesce(row.pause = 'run.paused', v_paused[row.run]);
      if v_limited[row.run] and row.counted > 0 then
        v_exceeded[row.run] := treadle.count_nodes(tenants[row.run], runs[row.run], row.counted, true);
      end if;
      if row.seq is not null then
        v_seq[row.run] := row.seq;
        v_told[row.run] := row.seq;
        v_lines[row.run] := concat_ws(E'\n', v_lines[row.run], row.lines);
      end if;
    end loop;
  end if;

  if cardinality(c_run) > 0 then
    if true = any (v_limited) then
      for row in
        select c.ix, c.run from unnest(c_run, c_path, c_after) with ordinality as c(run, path, after, ix)
        where v_limited[c.run] and not v_ended[c.run] and (c.after is null or not v_paused[c.run]) and strpos(c.path, '~') = 0 and not exists (
          select from treadle.node_runs n where n.tenant = tenants[c.run] and n.run_id = runs[c.run] and n.path = c.path)
        order by c.ix
      loop
        v_refused[row.ix] := treadle.count_nodes(tenants[row.run], runs[row.run], 1, false);
      end loop;
    end if;

    for row in
      with judged as (
        select c.*, n.status as node_status, n.failures, n.deaths, n.error, n.attempt as known_attempt, k.output, k.usage,
          case when v_ended[c.run] then 'ended' when not treadle.ends_stand(tenants[c.run], runs[c.run], c.after) then 'fenced'
            when v_refused[c.ix] is not null then 'refused' when n.has_checkpoint then 'done'
            when n.status in ('failed', 'cancelled') then n.status
            when n.status is null and c.after is not null and v_paused[c.run] then 'paused' else 'claimed' end as status,
          coalesce(n.claim = c.id, false) as repeated,
          coalesce(n.status = 'running', false) as died
        from unnest(c_run, c_path, c_id, c_kind, c_runtime, c_data, c_after)
          with ordinality as c(run, path, id, kind, runtime, data, after, ix)
        left join treadle.node_runs n on n.tenant = tenants[c.run] and n.run_id = runs[c.run] and n.path = c.path
        left join treadle.checkpoints k on n.has_checkpoint and k.tenant = n.tenant and k.run_id = n.run_id and k.path = n.path
      ), new as (
        select j.ix, j.run, j.path, e.type, e.attempt, e.data,
          v_seq[j.run] + (row_number() over (partition by j.run order by j.ix, e.attempt))::integer as seq
        from judged j cross join lateral (
          select 'node.retrying' as type, j.known_attempt as attempt, c_death as data where j.died
          union all select 'node.started', coalesce(j.known_attempt, 0) + 1, j.data
        ) as e
        where j.status = 'claimed' and not j.repeated
      ), stored as (
        insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
        select v_created[run], tenants[run], runs[run], seq, v_time[run], type, path, attempt, data from new
      ), moved as (
        insert into treadle.node_runs as n (tenant, run_id, path, kind, runtime, status, attempt, claim, started_at)
        select tenants[run], runs[run], path, kind, runtime, 'running', coalesce(known_attempt, 0) + 1, id, v_time[run]
        from judged where status = 'claimed' and not repeated
        on conflict (tenant, run_id, path) do update set
          status = excluded.status, attempt = excluded.attempt, claim = excluded.claim, runtime = excluded.runtime,
          last_ordinal = 0, error = null, deaths = n.deaths + case n.status when 'running' then 1 else 0 end, ended_at = null
      )
      select j.ix, j.run, told.seq, told.lines,
        case j.status
          when 'claimed' then json_build_object('status', j.status, 'failures', coalesce(j.failures, 0),
            'attempt', case when j.repeated then j.known_attempt else coalesce(j.known_attempt, 0) + 1 end,
            'deaths', coalesce(j.deaths, 0) + case when j.died and not j.repeated then 1 else 0 end,
            'limited', v_limited[j.run])
          when 'refused' then v_refused[j.ix]
          when 'done' then json_build_object('status', j.status, 'output', j.output, 'usage', j.usage)
          when 'failed' then json_build_object('status', j.status, 'error', j.error)
          else json_build_object('status', j.status) end as answer
      from judged j left join lateral (
        select max(seq) as seq, string_agg(
          tenants[run] || ' ' || treadle.envelope(seq, runs[run], type, v_time[run], path, attempt, data), E'\n' order by seq) as lines
        from new where new.ix = j.ix
      ) as told on true
      order by j.ix
    loop
      v_claims[row.ix] := row.answer;
      if row.seq is not null then
        v_seq[row.run] := greatest(v_seq[row.run], row.seq);
        v_told[row.run] := v_seq[row.run];
        v_lines[row.run] := concat_ws(E'\n', v_lines[row.run], row.lines);
      end if;
    end loop;
  end if;

  update treadle.runs r set last_seq = k.seq, last_event_at = k.time, outbox_applied = k.applied, outbox_tail = k.tail
  from unnest(tenants, runs, v_seq, v_time, v_applied, v_tail) as k(tenant, run, seq, time, applied, tail)
  where r.tenant = k.tenant and r.id = k.run
    and (r.last_seq, r.outbox_applied, r.outbox_tail) is distinct from (k.seq, k.applied, k.tail);

  perform treadle.tell(tenants, runs, v_told, case when content then v_lines end);
  if true = any (v_ended) then
    select array_agg((select treadle.usage_of(r) from treadle.runs r where k.ended and r.tenant = k.tenant and r.id = k.run) order by k.ix)
    into v_usage from unnest(tenants, runs, v_ended) with ordinality as k(tenant, run, ended, ix);
  end if;
  return json_build_object(
    'runs', (
      select json_agg(json_build_array(k.seq, k.applied, k.cancel, k.pause, k.ended, k.exceeded, k.usage) order by k.ix)
      from unnest(v_seq, v_applied, v_cancel, v_pause, v_ended, v_exceeded, v_usage) with ordinality
        as k(seq, applied, cancel, pause, ended, exceeded, usage, ix)),
    'accepted', to_json(v_accepted), 'claims', to_json(v_claims));
end
$$;

-- The batch of a run that goes its usual way: at most one attempt (`a_`, with its events `e_` and, where `a_output` is given, its
-- `node.completed` as the last of them), then at most one `run.started` or `run.completed` of the outbox (`o_`), then at most one first
-- claim of a node (`c_`). What it used are calls of tools alone. Does and answers what `treadle.append` does, in less than half of the
-- time, since nothing is looked at twice; null, with nothing written, where anything is not as usual (a repeat, a fence, a limit, a run
-- that is paused or has ended): then `treadle.append` has to be called.
create function treadle.append_step(
  content boolean, in_tenant text, in_run text,
  a_path text, a_attempt integer, a_first integer, a_last integer, a_output text, a_usage text, a_tool_calls integer, a_name text,
  e_type text[], e_data text[], o_n integer, o_type text, o_data text, o_output text,
  c_path text, c_id uuid, c_kind text, c_runtime text, c_data text
) returns json
language plpgsql
set enable_seqscan = off -- As `treadle.append`.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  run treadle.runs;
  now timestamptz(3);
  types constant text[] := array_remove(e_type || o_type || case when c_path is not null then 'node.started' end, null);
  own constant integer := cardinality(e_type);
  new_seq integer;
  new_type text;
  new_node text;
  new_attempt integer;
  new_data text;
  told text := '';
  told_max constant integer := 7900; -- As `treadle.tell`.
begin
  select * into run from treadle.runs r where r.tenant = in_tenant and r.id = in_run for no key update;
  if run.id is null or run.ended_seq is not null or run.status = 'paused' or run.budget_runs is not null
    or o_n <> run.outbox_applied + 1 then
    return null;
  end if;
  if a_path is not null then
    perform from treadle.node_runs n where n.tenant = in_tenant and n.run_id = in_run and n.path = a_path
      and n.attempt = a_attempt and n.status = 'running' and n.last_ordinal < a_first;
    if not found then
      return null;
    end if;
  end if;
  if c_path is not null then
    perform from treadle.node_runs n where n.tenant = in_tenant and n.run_id = in_run and n.path = c_path;
    if found then
      return null;
    end if;
  end if;

  now := greatest(clock_timestamp()::timestamptz(3), run.last_event_at);
  new_seq := run.last_seq;
  update treadle.runs r set
    last_seq = new_seq + cardinality(types), last_event_at = now,
    outbox_applied = coalesce(o_n, r.outbox_applied),
    outbox_tail = case when o_n is null then r.outbox_tail
      else right(r.outbox_tail || treadle.outbox_mark(o_type, null, o_data), 6 * 64) end,
    status = case when o_n is null then r.status when o_type = 'run.started' then 'running' else 'completed' end,
    started_at = case o_type when 'run.started' then coalesce(r.started_at, now) else r.started_at end,
    ended_at = case o_type when 'run.completed' then now end,
    ended_seq = case o_type when 'run.completed' then new_seq + own + 1 end,
    output = o_output::json, tool_calls = r.tool_calls + coalesce(a_tool_calls, 0)
  where r.tenant = in_tenant and r.id = in_run
  returning * into run;

  for ix in 1 .. cardinality(types) loop
    new_seq := new_seq + 1;
    new_type := types[ix];
    new_node := case when ix <= own then a_path when new_type = 'node.started' then c_path end;
    new_attempt := case when ix <= own then a_attempt when new_type = 'node.started' then 1 end;
    new_data := case when ix <= own then e_data[ix] when new_type = 'node.started' then c_data
      when new_type = 'run.completed' then treadle.with_usage(o_data, o_type, run) else o_data end;
    insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
    values (run.created_at, in_tenant, in_run, new_seq, now, new_type, new_node, new_attempt, new_data);
    told := told || case ix when 1 then '' else E'\n' end || in_tenant || ' '
      || treadle.envelope(new_seq, in_run, new_type, now, new_node, new_attempt, new_data);
    if ix = own then
      update treadle.node_runs n set last_ordinal = a_last, status = case when a_output is null then n.status else 'completed' end,
        has_checkpoint = a_output is not null, ended_at = case when a_output is null then n.ended_at else now end
      where n.tenant = in_tenant and n.run_id = in_run and n.path = a_path;
      if a_output is not null then
        insert into treadle.checkpoints (tenant, run_id, path, attempt, seq, time, output, usage, name)
        values (in_tenant, in_run, a_path, a_attempt, new_seq, now, a_output::json, a_usage::json, a_name);
      end if;
    end if;
  end loop;
  if c_path is not null then
    insert into treadle.node_runs (tenant, run_id, path, kind, runtime, status, attempt, claim, started_at)
    values (in_tenant, in_run, c_path, c_kind, c_runtime, 'running', 1, c_id, now);
  end if;

  if content and octet_length(told) < told_max then
    perform pg_notify('treadle_events', told);
  else
    perform treadle.tell(array[in_tenant], array[in_run], array[new_seq], case when content then array[told] end);
  end if;
  return json_build_object(
    'runs', json_build_array(json_build_array(run.last_seq, run.outbox_applied, run.cancel_requested, run.pause_requested,
      run.ended_seq is not null, null, case when run.ended_seq is not null then treadle.usage_of(run) end)),
    'accepted', case when a_path is not null then json_build_array(true) end,
    'claims', case when c_path is not null then json_build_array(json_build_object(
      'status', 'claimed', 'failures', 0, 'attempt', 1, 'deaths', 0, 'limited', false)) end);
end
$$;
