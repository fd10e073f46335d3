-- Who may do what. The two roles of the services belong to the server, not to a database, so `migrate` creates them. The API sees one
-- tenant at a time, named by the transaction; workers see all, since a batch mixes them. Neither can change a stored event, or the tables.
-- This file says the whole of it: what is granted and stands here no more is taken back.

do $$
declare
  name text;
begin
  for name in select tablename from pg_tables
    where schemaname = 'treadle' and tablename !~ '^events_' and tablename not in ('migrations', 'routines', 'functions')
  loop
    execute format('alter table treadle.%I enable row level security', name);
    execute format('alter table treadle.%I force row level security', name);
    execute format('drop policy if exists owner on treadle.%I', name);
    execute format('drop policy if exists worker on treadle.%I', name);
    execute format('drop policy if exists api on treadle.%I', name);
    execute format('create policy owner on treadle.%I to current_user using (true) with check (true)', name);
    execute format('create policy worker on treadle.%I to treadle_worker using (true) with check (true)', name);
    execute format($policy$
      create policy api on treadle.%I to treadle_api
      using (tenant = current_setting('treadle.tenant', true)) with check (tenant = current_setting('treadle.tenant', true))
    $policy$, name);
  end loop;
end
$$;

grant usage on schema treadle to treadle_api, treadle_worker;
revoke all on all tables in schema treadle from treadle_api, treadle_worker;

grant select, insert on treadle.events, treadle.plans, treadle.run_requests to treadle_api;
grant update (created_at) on treadle.plans to treadle_api; -- Only to hold their lock.
grant select, insert, update on treadle.runs, treadle.idempotency to treadle_api;
grant delete on treadle.idempotency to treadle_api;
grant select, update on treadle.node_runs to treadle_api;
grant select on treadle.checkpoints to treadle_api;
grant select, insert, update on treadle.budgets to treadle_api;
grant select, insert, delete on treadle.early_signals to treadle_api;

grant select, insert, delete on treadle.stream_tickets to treadle_api;
grant select on treadle.quotas to treadle_api;
grant select, insert, update on treadle.request_counts to treadle_api;
grant insert on treadle.node_runs, treadle.checkpoints to treadle_api; -- a fork takes outputs over
grant select, insert, update on treadle.transcripts, treadle.transcript_profiles, treadle.pinned_tools to treadle_api; -- seals the copies

grant select, insert on treadle.workflows to treadle_api;
grant select, insert, update, delete on treadle.workflow_labels to treadle_api;

grant select, update on treadle.runs to treadle_worker;
grant select, insert on treadle.events, treadle.checkpoints to treadle_worker;
grant select, insert, update on treadle.node_runs to treadle_worker;
grant select on treadle.plans, treadle.run_requests to treadle_worker;
grant select, update on treadle.budgets to treadle_worker;
grant select, insert, delete on treadle.reservations to treadle_worker;

grant select on treadle.workflows, treadle.workflow_labels to treadle_worker;
grant select on treadle.event_packs to treadle_api, treadle_worker;

grant select, insert, update on treadle.blobs, treadle.blob_refs to treadle_api, treadle_worker;
grant delete on treadle.blobs to treadle_worker; -- the sweeper

grant select, insert, delete on treadle.transcripts, treadle.transcript_profiles to treadle_worker;
grant select, insert on treadle.pinned_tools to treadle_worker;
grant select, insert, update, delete on treadle.cached_results to treadle_worker;
grant delete on treadle.blob_refs to treadle_worker; -- of cached results that are over

-- Functions of workers are no tenant's: the table has no row-level security.
grant select on treadle.functions to treadle_api;
grant select, insert, update, delete on treadle.functions, treadle.attempt_states to treadle_worker;

revoke execute on all functions in schema treadle from public;
grant execute on all functions in schema treadle to treadle_api;
revoke execute on function treadle.erase_run, treadle.erase_old_runs, treadle.forget_old_keys from treadle_api;
revoke execute on function treadle.pack_events, treadle.archive_pack, treadle.drop_empty_partitions, treadle.is_spent from treadle_api;
grant execute on function treadle.append, treadle.append_step, treadle.append_events, treadle.envelope, treadle.tell, treadle.with_reason, treadle.usage_of, treadle.with_usage, treadle.add_usage, treadle.ends_stand, treadle.outbox_mark
  to treadle_worker;
grant execute on function treadle.write_turn, treadle.read_transcript, treadle.cancelled_call, treadle.pin_tools to treadle_worker;
grant execute on function treadle.cache_key, treadle.find_cached, treadle.keep_cached, treadle.refer_to_blobs to treadle_worker;
grant execute on function treadle.forget_old_results to treadle_worker;
grant execute on function treadle.stored_workflow to treadle_worker;
grant execute on function treadle.reserve, treadle.settle, treadle.settle_dead, treadle.budget_refusal, treadle.count_nodes
  to treadle_worker;
grant execute on function treadle.pack_events, treadle.archive_pack, treadle.drop_empty_partitions to treadle_worker; -- the log keeper
grant execute on function treadle.erase_old_runs, treadle.forget_old_keys to treadle_worker; -- the housekeeper
grant execute on function treadle.publish_functions, treadle.save_state, treadle.load_state, treadle.run_metadata to treadle_worker;
grant execute on function treadle.insert_child to treadle_worker;
