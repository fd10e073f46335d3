-- Transcripts of agents, for workers of every language.
--
-- Invariants
--  1. A turn has the messages of one attempt: the one that is the newest and runs. An attempt that was fenced writes nothing, and one that
--     died before its end is replaced whole by the next.
--  2. What is read is valid for the protocol of chat completions: each tool call has exactly one answer, right after its message. A call that
--     nobody answered (its agent was cancelled, or went on without it) reads as cancelled.
--  3. A run sees the tools of an MCP server as it saw them first.

-- Writes what a turn of `in_agent` said: messages that came before the model's answer, and the answer. `in_profile`: where the speaker is new
-- in this turn. The attempt is that of the model call at `in_path`; false where it is fenced, and then nothing is written. May be repeated.
create function treadle.write_turn(
  in_tenant text, run text, in_path text, in_attempt integer, in_agent text, in_turn integer, messages json, in_profile json
) returns boolean
language plpgsql
set enable_seqscan = off -- As for `treadle.append`.
as $$
begin
  -- Held to the commit: a newer claim waits, and replaces what is written here.
  perform from treadle.node_runs n
  where n.tenant = in_tenant and n.run_id = run and n.path = in_path and n.attempt = in_attempt and n.status = 'running'
  for no key update;
  if not found then
    return false;
  end if;
  delete from treadle.transcripts t
  where t.tenant = in_tenant and t.run_id = run and t.agent = in_agent and t.turn = in_turn;
  delete from treadle.transcript_profiles p
  where p.tenant = in_tenant and p.run_id = run and p.agent = in_agent and p.turn = in_turn;

  insert into treadle.transcripts (tenant, run_id, agent, turn, position, message)
  select in_tenant, run, in_agent, in_turn, m.ix - 1, m.value from json_array_elements(messages) with ordinality as m(value, ix);
  insert into treadle.transcript_profiles (tenant, run_id, agent, turn, profile)
  select in_tenant, run, in_agent, in_turn, in_profile where in_profile is not null;
  return true;
end
$$;

create function treadle.cancelled_call() returns json
language sql immutable
return '{"error":{"type":"cancelled","message":"The call was cancelled."}}'::json;

-- What the model is told in turn `in_turn`: { profile, messages }. `own` are the messages of that turn itself, which come after the stored
-- ones of the turns before: the first input, results of tools, a repair. Results are given their content; it may be, or hold, handles.
-- Beside it stands the `path` of the checkpoint that has it, for whoever opens what is sealed.
-- `profile` is null where no turn before had one.
create function treadle.read_transcript(in_tenant text, run text, in_agent text, in_turn integer, own json) returns json
language sql stable
set enable_seqscan = off
return (
  with said as (
    select t.turn, t.position, t.message, t.message ->> 'role' as role, t.message ->> 'toolCallId' as call_id
    from treadle.transcripts t
    where t.tenant = in_tenant and t.run_id = run and t.agent = in_agent and t.turn < in_turn
    union all
    select in_turn, m.ix - 1, m.value, m.value ->> 'role', m.value ->> 'toolCallId'
    from json_array_elements(own) with ordinality as m(value, ix)
  ), answered as (
    select s.turn, s.position,
      case s.role when 'tool' then 0 else 2 end as rank,
      case when s.role <> 'tool' then s.message
        else json_build_object('role', 'tool', 'toolCallId', s.message -> 'toolCallId', 'path', k.path,
          'content', coalesce(k.output, s.message -> 'content', treadle.cancelled_call())) end as message
    from said s
    left join treadle.checkpoints k
      on s.role = 'tool' and k.tenant = in_tenant and k.run_id = run and k.path = s.message ->> 'path'
  ), unanswered as (
    -- Answers stand in the turn after the call.
    select s.turn + 1 as turn, c.ix as position, 1 as rank,
      json_build_object('role', 'tool', 'toolCallId', c.value -> 'id', 'content', treadle.cancelled_call()) as message
    from said s cross join json_array_elements(s.message -> 'toolCalls') with ordinality as c(value, ix)
    where s.role = 'assistant' and not exists (
      select from said a where a.turn = s.turn + 1 and a.role = 'tool' and a.call_id = c.value ->> 'id')
  )
  select json_build_object(
    'profile', (
      select p.profile from treadle.transcript_profiles p
      where p.tenant = in_tenant and p.run_id = run and p.agent = in_agent and p.turn < in_turn order by p.turn desc limit 1),
    'messages', coalesce((
      select json_agg(m.message order by m.turn, m.rank, m.position)
      from (select * from answered union all select * from unanswered) as m(turn, position, rank, message)
    ), '[]'))
);

-- The tools of a server as the run saw them first; `listed` is kept where it has seen none. Without `listed` (null), null where there are none.
create function treadle.pin_tools(in_tenant text, run text, in_server text, listed json) returns json
language plpgsql
set enable_seqscan = off
as $$
begin
  insert into treadle.pinned_tools (tenant, run_id, server, tools)
  select in_tenant, run, in_server, listed where listed is not null
  on conflict do nothing;
  return (select p.tools from treadle.pinned_tools p where p.tenant = in_tenant and p.run_id = run and p.server = in_server);
end
$$;
