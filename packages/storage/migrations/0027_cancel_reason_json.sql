-- A reason is JSON, a text or a sealed one (docs/encryption.md), and not text: whoever writes the event puts it in as it is. A column in the
-- place of the other, so that no row but those of cancelled runs is written anew.
alter table treadle.runs add column cancel_reason_json json;
update treadle.runs set cancel_reason_json = to_json(cancel_reason) where cancel_reason is not null;
alter table treadle.runs drop column cancel_reason;
alter table treadle.runs rename column cancel_reason_json to cancel_reason;
