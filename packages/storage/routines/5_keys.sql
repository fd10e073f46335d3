-- What has to be known before the tenant is. As the owner: the API's role sees no key, whatever takes it over.

-- The key of this hash, if it is good now. Notes, once a minute, that it is used.
create function treadle.find_key(in_sha256 text) returns table (id text, tenant text, scopes text[])
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  found_key treadle.api_keys;
begin
  select k.* into found_key from treadle.api_keys k
  where k.secret_sha256 = in_sha256 and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp());
  if found_key.id is null then
    return;
  end if;
  if found_key.last_used_at is null or found_key.last_used_at < clock_timestamp() - interval '1 minute' then
    update treadle.api_keys k set last_used_at = clock_timestamp() where k.id = found_key.id;
  end if;
  return query select found_key.id, found_key.tenant, found_key.scopes;
end
$$;

create function treadle.find_ticket(in_sha256 text) returns table (tenant text, run_id text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select t.tenant, t.run_id from treadle.stream_tickets t where t.sha256 = in_sha256 and t.expires_at > clock_timestamp();
end;

-- Null where the tenant may start one more run, else how many it may have at once. Where there is a bound, starts of the tenant go one after
-- the other to the end of their transactions, so that two of them never take the same last place.
create function treadle.exceeded_quota(in_tenant text, in_default integer) returns integer
language plpgsql
as $$
declare
  most integer := coalesce((select q.runs_at_once from treadle.quotas q where q.tenant = in_tenant), in_default);
begin
  if most is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('runs of ' || in_tenant, 0));
  if (select count(*) from (select from treadle.runs r where r.tenant = in_tenant and r.ended_seq is null limit most) as o) < most then
    return null;
  end if;
  return most;
end
$$;
