// Made by packages/contract/scripts/generate.mjs from schemas/. Do not edit: npm run generate.

export const STATEMENTS = {
  "treadle append": "select treadle.append($1::boolean, $2::text[], $3::text[], $4::integer[], $5::text[], $6::integer[], $7::integer[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::integer[], $14::integer[], $15::text[], $16::text[], $17::integer[], $18::integer[], $19::text[], $20::text[], $21::boolean[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[], $28::integer[], $29::text[], $30::uuid[], $31::text[], $32::text[], $33::text[], $34::text, $35::text[], $36::text[]) as answer",
  "treadle touch blobs": "insert into treadle.blobs (tenant, sha256, size) select $1, sha256, max(size) from unnest($2::text[], $3::bigint[]) as b(sha256, size) group by sha256 order by sha256 on conflict (tenant, sha256) do update set touched_at = clock_timestamp()",
  "treadle add refs": "insert into treadle.blob_refs (tenant, run_id, sha256) select distinct $1, $2, b from unnest($3::text[]) as b on conflict do nothing",
  "treadle publish functions": "select treadle.publish_functions($1::text, $2::text, $3::json, $4::integer)",
  "treadle save state": "select treadle.save_state($1::text, $2::text, $3::text, $4::integer, $5::json) as value",
  "treadle load state": "select treadle.load_state($1::text, $2::text, $3::text) as value",
  "treadle run metadata": "select treadle.run_metadata($1::text, $2::text) as value",
  "treadle find cached": "select treadle.find_cached($1::text, $2::text, $3::text, $4::json, $5::json, $6::bigint) as value",
  "treadle keep cached": "select treadle.keep_cached($1::text, $2::text, $3::json, $4::json, $5::json, $6::bigint) as value",
  "treadle read transcript": "select treadle.read_transcript($1::text, $2::text, $3::text, $4::integer, $5::json) as value",
  "treadle write turn": "select treadle.write_turn($1::text, $2::text, $3::text, $4::integer, $5::text, $6::integer, $7::json, $8::json) as value",
  "treadle pin tools": "select treadle.pin_tools($1::text, $2::text, $3::text, $4::json) as value",
  "treadle reserve": "select treadle.reserve($1::text, $2::text, $3::text, $4::integer, $5::integer, $6::bigint, $7::bigint, $8::numeric, $9::numeric) as value",
  "treadle settle": "select treadle.settle($1::text, $2::text, $3::text, $4::integer, $5::integer, $6::bigint, $7::numeric)::text as value",
  "treadle stored workflow of": "select case when r.workflow_version is null then null else r.workflow_name end as value from treadle.runs r where r.tenant = $1::text and r.id = $2::text"
} as const
