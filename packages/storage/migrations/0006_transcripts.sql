-- What an agent's model was told and has said: a row a message, in the order of (turn, position). Written by `treadle.write_turn`, read by
-- `treadle.read_transcript`; workers of every language get a reference to it, never the transcript itself.
create table treadle.transcripts (
  tenant text not null,
  run_id text not null,
  agent text not null,
  turn integer not null,
  position integer not null,
  message json not null,
  primary key (tenant, run_id, agent, turn, position)
);

comment on column treadle.transcripts.agent is 'The path of the agent node.';
comment on column treadle.transcripts.message is 'A Message of node-task.v1, or { role: "tool", toolCallId, path } whose content is the checkpoint at `path`.';

-- Who speaks from a turn on: instructions, and the tools as the model was offered them. A row where that changes: turn 0, a handoff.
create table treadle.transcript_profiles (
  tenant text not null,
  run_id text not null,
  agent text not null,
  turn integer not null,
  profile json not null,
  primary key (tenant, run_id, agent, turn)
);

-- The tools of an MCP server as a run saw them first: it keeps to them, whatever the server says later.
create table treadle.pinned_tools (
  tenant text not null,
  run_id text not null,
  server text not null,
  tools json not null,
  primary key (tenant, run_id, server)
);

comment on column treadle.pinned_tools.server is 'SHA-256 of what names the server and the filter on its tools.';
