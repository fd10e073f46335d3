-- Budgets: what a call may take at most is reserved before it is made, and settled by what it took.
--
-- Invariants
--  1. A run counts against the budgets of `runs.budget_runs`: its own, and those of the runs above it. It passes none of them.
--  2. Whoever changes a budget holds the row of the outermost one, `budget_runs[1]`, to its commit; of several they are locked in the
--     order of their keys, after the rows of runs. So what is compared with a limit is all that is used or reserved.
--  3. A reservation is named by run, path, attempt and the number of the call in the attempt. Reserving and settling may be repeated.
--  4. No reservation outlives its attempt: before a call is refused, those of attempts that are over without a word are settled by
--     what their requests held. Of their answers nobody knows how much had come: that much may be spent on top.

-- Opens the budget of a new run, where its document limits anything, below that of its parent.
create function treadle.open_budget(in_tenant text, in_run text, in_parent text, limits json) returns void
language plpgsql
as $$
declare
  chain text[] := (select r.budget_runs from treadle.runs r where r.tenant = in_tenant and r.id = in_parent);
begin
  if coalesce(limits ->> 'nodeRuns', limits ->> 'llmCalls', limits ->> 'tokens', limits ->> 'costUsd') is not null then
    insert into treadle.budgets (tenant, run_id, pauses, node_runs_max, llm_calls_max, tokens_max, cost_usd_max)
    values (in_tenant, in_run, coalesce(limits ->> 'onExceeded' = 'pause', false), (limits ->> 'nodeRuns')::bigint,
      (limits ->> 'llmCalls')::bigint, (limits ->> 'tokens')::bigint, (limits ->> 'costUsd')::numeric);
    chain := chain || in_run;
  end if;
  if chain is not null then
    update treadle.runs r set budget_runs = chain where r.tenant = in_tenant and r.id = in_run;
  end if;
end
$$;

-- Why so much more would pass a limit, as { status: "refused", error }, null where it would not. `error` is an ErrorInfo; with
-- `details.onExceeded` = "pause" the run is to be paused by it, and not to fail. What is not known (null) fits no limit.
create function treadle.budget_refusal(
  in_tenant text, chain text[], more_nodes bigint, more_calls bigint, more_tokens bigint, more_usd numeric
) returns json
language sql stable
begin atomic
  select json_build_object('status', 'refused', 'error', json_build_object(
    'type', case when l.wanted is null then 'invalid_request' else 'budget_exceeded' end,
    'message', case when l.wanted is null
      then 'Nothing says ' || l.unknown || ' at most, and `' || l.name || '` is limited to ' || l.max || '.'
      else 'The limit `' || l.name || '` of ' || l.max || ' would be passed: ' || l.used || ' used or reserved, and ' || l.wanted
        || ' more wanted.' end,
    'details', json_build_object('limit', l.name, 'max', l.max, 'used', l.used, 'wanted', l.wanted, 'run', b.run_id,
      'onExceeded', case when b.pauses then 'pause' else 'fail' end)))
  from treadle.budgets b cross join lateral (values
    (1, 'nodeRuns', b.node_runs_max::numeric, b.node_runs::numeric, more_nodes::numeric, ''),
    (2, 'llmCalls', b.llm_calls_max, b.llm_calls, more_calls, ''),
    (3, 'tokens', b.tokens_max, b.tokens, more_tokens, 'how many tokens an answer of this model has'),
    (4, 'costUsd', b.cost_usd_max, b.cost_usd, more_usd, 'what an answer of this model costs')
  ) as l(ix, name, max, used, wanted, unknown)
  where b.tenant = in_tenant and b.run_id = any (chain) and (l.wanted is null or l.wanted > 0) and l.max is not null
    and (l.wanted is null or l.used + l.wanted > l.max)
  order by array_position(chain, b.run_id), l.ix limit 1;
end;

-- Settles what attempts have reserved that will never say how they ended: a newer one has begun, or the node or its run is closed.
create function treadle.settle_dead(in_tenant text, root text) returns void
language sql
begin atomic
  with dead as (
    delete from treadle.reservations v
    where v.tenant = in_tenant and v.budget_runs[1] = root and not exists (
      select from treadle.node_runs n join treadle.runs r on r.tenant = n.tenant and r.id = n.run_id
      where n.tenant = v.tenant and n.run_id = v.run_id and n.path = v.path and n.attempt = v.attempt and n.status = 'running'
        and r.ended_seq is null)
    returning budget_runs, answer_tokens, answer_usd
  ), freed as (
    select run_id, sum(answer_tokens)::bigint as tokens, sum(answer_usd) as usd
    from dead cross join unnest(budget_runs) as run_id group by run_id
  )
  update treadle.budgets b set tokens = b.tokens - f.tokens, cost_usd = b.cost_usd - f.usd
  from freed f where b.tenant = in_tenant and b.run_id = f.run_id;
end;

-- Reserves what one request to a model may take: `request_*` what it holds (tokens: bytes of UTF-8 / 2, rounded up), `answer_*` what
-- its answer may have at most; null where nobody knows. `in_call` counts the requests of the attempt from 1.
-- Answers { status: "reserved" }; { status: "fenced" }: the attempt is not the newest of a node that runs, so make no call; or
-- { status: "refused", error }: fail with this error, see `treadle.budget_refusal`.
create function treadle.reserve(
  in_tenant text, in_run text, in_path text, in_attempt integer, in_call integer,
  request_tokens bigint, answer_tokens bigint, request_usd numeric, answer_usd numeric
) returns json
language plpgsql
as $$
declare
  chain text[] := (select r.budget_runs from treadle.runs r where r.tenant = in_tenant and r.id = in_run);
  refusal json;
begin
  if chain is null then
    return json_build_object('status', 'reserved');
  end if;
  perform from treadle.budgets b where b.tenant = in_tenant and b.run_id = chain[1] for update;
  perform from treadle.node_runs n
  where n.tenant = in_tenant and n.run_id = in_run and n.path = in_path and n.attempt = in_attempt and n.status = 'running';
  if not found then
    return json_build_object('status', 'fenced');
  end if;
  perform from treadle.reservations v
  where v.tenant = in_tenant and v.run_id = in_run and v.path = in_path and v.attempt = in_attempt and v.call = in_call;
  if found then
    return json_build_object('status', 'reserved');
  end if;

  refusal := treadle.budget_refusal(in_tenant, chain, 0, 1, request_tokens + answer_tokens, request_usd + answer_usd);
  if refusal is not null then
    perform treadle.settle_dead(in_tenant, chain[1]);
    refusal := treadle.budget_refusal(in_tenant, chain, 0, 1, request_tokens + answer_tokens, request_usd + answer_usd);
  end if;
  if refusal is not null then
    return refusal;
  end if;
  update treadle.budgets b set llm_calls = b.llm_calls + 1,
    tokens = b.tokens + coalesce(request_tokens + answer_tokens, 0), cost_usd = b.cost_usd + coalesce(request_usd + answer_usd, 0)
  where b.tenant = in_tenant and b.run_id = any (chain);
  insert into treadle.reservations
    (tenant, run_id, path, attempt, call, budget_runs, request_tokens, answer_tokens, request_usd, answer_usd)
  values (in_tenant, in_run, in_path, in_attempt, in_call, chain,
    case when answer_tokens is null then 0 else coalesce(request_tokens, 0) end, coalesce(answer_tokens, 0),
    case when answer_usd is null then 0 else coalesce(request_usd, 0) end, coalesce(answer_usd, 0));
  return json_build_object('status', 'reserved');
end
$$;

-- Puts what a request took (null: nothing) in the place of what was reserved for it. Always call it after a request, however that
-- ended: with the usage that the model reported, or, where the answer broke off without one, with an estimate of the same kind as the
-- reservation: bytes / 2 of the request and of what came. The request stays counted in `llmCalls`.
create function treadle.settle(
  in_tenant text, in_run text, in_path text, in_attempt integer, in_call integer, used_tokens bigint, used_usd numeric
) returns void
language plpgsql
as $$
declare
  root text := (
    select v.budget_runs[1] from treadle.reservations v
    where v.tenant = in_tenant and v.run_id = in_run and v.path = in_path and v.attempt = in_attempt and v.call = in_call);
begin
  if root is null then
    return;
  end if;
  perform from treadle.budgets b where b.tenant = in_tenant and b.run_id = root for update;
  with settled as (
    delete from treadle.reservations v
    where v.tenant = in_tenant and v.run_id = in_run and v.path = in_path and v.attempt = in_attempt and v.call = in_call
    returning v.*
  )
  update treadle.budgets b set
    tokens = b.tokens - s.request_tokens - s.answer_tokens + coalesce(used_tokens, 0),
    cost_usd = b.cost_usd - s.request_usd - s.answer_usd + coalesce(used_usd, 0)
  from settled s where b.tenant = in_tenant and b.run_id = any (s.budget_runs);
end
$$;

-- Counts executions of nodes against `nodeRuns`: called by `treadle.append` alone, which sees that each path is counted once. Gives the
-- refusal where a limit would be passed, and then counts only what has happened already (`is_done`).
create function treadle.count_nodes(in_tenant text, in_run text, amount bigint, is_done boolean) returns json
language plpgsql
as $$
declare
  chain text[] := (select r.budget_runs from treadle.runs r where r.tenant = in_tenant and r.id = in_run);
  refusal json := treadle.budget_refusal(in_tenant, chain, amount, 0, 0, 0);
begin
  if is_done or refusal is null then
    update treadle.budgets b set node_runs = b.node_runs + amount where b.tenant = in_tenant and b.run_id = any (chain);
  end if;
  return refusal;
end
$$;

-- Sets new limits, each in the innermost budget that the run counts against and that has it. Gives the names of those that no budget
-- has: then nothing is changed.
create function treadle.raise_limits(in_tenant text, in_run text, limits json) returns text[]
language plpgsql
as $$
declare
  chain text[] := (select r.budget_runs from treadle.runs r where r.tenant = in_tenant and r.id = in_run);
  unknown text[];
begin
  perform from treadle.budgets b where b.tenant = in_tenant and b.run_id = chain[1] for update;
  with wanted as (
    select w.key as name, (
      select b.run_id from treadle.budgets b
      where b.tenant = in_tenant and b.run_id = any (chain) and case w.key when 'nodeRuns' then b.node_runs_max
        when 'llmCalls' then b.llm_calls_max when 'tokens' then b.tokens_max when 'costUsd' then b.cost_usd_max end is not null
      order by array_position(chain, b.run_id) desc limit 1
    ) as run_id, w.value::numeric as max
    from json_each_text(limits) as w
  ), missing as (
    select array_agg(name order by name) as names from wanted where run_id is null
  ), raised as (
    update treadle.budgets b set
      node_runs_max = coalesce((select max from wanted w where w.run_id = b.run_id and name = 'nodeRuns'), b.node_runs_max),
      llm_calls_max = coalesce((select max from wanted w where w.run_id = b.run_id and name = 'llmCalls'), b.llm_calls_max),
      tokens_max = coalesce((select max from wanted w where w.run_id = b.run_id and name = 'tokens'), b.tokens_max),
      cost_usd_max = coalesce((select max from wanted w where w.run_id = b.run_id and name = 'costUsd'), b.cost_usd_max)
    where b.tenant = in_tenant and b.run_id in (select run_id from wanted) and (select names from missing) is null
  )
  select coalesce(names, '{}') into unknown from missing;
  return unknown;
end
$$;
