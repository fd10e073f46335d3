-- How a run's log is read: a page a call. First where the run stands, then its events up to there: each statement sees what is committed
-- when it starts, so all of those are there, whatever happens meanwhile. Those of an ended run may be packed, up to some event or all of
-- them, and more of them from one look to the next: what is not found among the rows is looked for in a pack after that, since it may have
-- gone there in between.
--
-- Events come column by column, and are put together where they are sent: as lines they cost Postgres twice as much. Types are parted by
-- commas, data by line feeds, neither of which they hold. `pack_…` is the pack that holds the event after `in_after`, where the rows do not.
create function treadle.read_events(in_tenant text, in_run text, in_after bigint, in_up_to bigint, in_limit integer)
returns table (
  last_seq integer, ended boolean, page_end integer,
  first integer, last integer, types text, times json, nodes json, attempts json, data text,
  pack_first integer, pack_last integer, packed_at timestamptz, bytes bytea, blob text
)
language plpgsql
as $$
#variable_conflict use_column
declare
  created timestamptz;
  packed boolean;
begin
  select r.created_at, r.log_packed, r.last_seq, r.ended_seq is not null, least(r.last_seq, in_up_to)
  into created, packed, read_events.last_seq, read_events.ended, read_events.page_end
  from treadle.runs r where r.tenant = in_tenant and r.id = in_run;
  if not found then
    return;
  end if;
  if in_after < read_events.page_end then
    if not packed then
      select min(seq), max(seq), string_agg(type, ',' order by seq), json_agg(time order by seq), json_agg(node order by seq),
        json_agg(attempt order by seq), string_agg(page.data, E'\n' order by seq)
      into read_events.first, read_events.last, types, times, nodes, attempts, read_events.data
      from (
        select seq, type, time, node, attempt, data from treadle.events
        where run_created_at = created and tenant = in_tenant and run_id = in_run
          and seq > in_after and seq <= read_events.page_end
        order by seq limit in_limit
      ) as page;
    end if;
    if read_events.first is distinct from in_after + 1 then
      select p.first_seq, p.last_seq, p.packed_at, p.bytes, p.blob
      into pack_first, pack_last, read_events.packed_at, read_events.bytes, read_events.blob
      from treadle.event_packs p
      where p.tenant = in_tenant and p.run_id = in_run and p.first_seq <= in_after + 1 and p.last_seq > in_after
      order by p.first_seq desc limit 1;
    end if;
  end if;
  return next;
end
$$;
