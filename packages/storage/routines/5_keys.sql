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

-- Permits for up to `wanted` of the `most` requests that the tenant may send in this minute, for one process to give out. `rest`: how many
-- nobody has taken yet. `ends_ms`: until the minute is over.
create function treadle.take_requests(in_tenant text, wanted integer, most integer)
returns table (granted integer, rest integer, ends_ms integer)
language plpgsql
as $$
declare
  now timestamptz := clock_timestamp();
  before integer;
begin
  insert into treadle.request_counts as c (tenant, minute, taken) values (in_tenant, date_trunc('minute', now), 0)
  on conflict (tenant) do update set minute = excluded.minute, taken = 0 where c.minute < excluded.minute;
  select c.taken into before from treadle.request_counts c where c.tenant = in_tenant for update;
  granted := greatest(least(wanted, most - before), 0);
  update treadle.request_counts c set taken = before + granted where c.tenant = in_tenant;
  rest := greatest(most - before - granted, 0);
  ends_ms := ceil(1000 * extract(epoch from date_trunc('minute', now) + interval '1 minute' - now));
  return next;
end
$$;
