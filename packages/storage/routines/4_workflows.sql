-- The version of a stored workflow that `ref` names: a number, a label, or null for the newest one. No row where there is none. Who starts a
-- run by it, or a child run, keeps the version with the run: a label may move at any time.
create function treadle.stored_workflow(in_tenant text, in_name text, in_ref text)
returns table (version integer, document json, document_sha256 text, plan_hash text, plan json, created_at timestamptz)
language sql stable
begin atomic
  select w.version, w.document, w.document_sha256, w.plan_hash, p.plan, w.created_at
  from treadle.workflows w join treadle.plans p on p.tenant = w.tenant and p.hash = w.plan_hash
  where w.tenant = in_tenant and w.name = in_name and w.version = case
    when in_ref is null then (select max(v.version) from treadle.workflows v where v.tenant = in_tenant and v.name = in_name)
    when in_ref ~ '^[1-9][0-9]{0,8}$' then in_ref::integer
    else (select l.version from treadle.workflow_labels l where l.tenant = in_tenant and l.name = in_name and l.label = in_ref)
  end;
end;
