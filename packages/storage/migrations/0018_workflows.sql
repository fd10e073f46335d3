-- Workflows that are kept under a name. A version never changes and is never taken away, so what was started by it can be started again;
-- what moves are labels. Versions are counted from 1; a label begins with a letter, so that neither can be taken for the other.

create table treadle.workflows (
  tenant text not null,
  name text collate "C" not null check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  version integer not null check (version > 0),
  description text,
  document json not null,
  document_sha256 text not null,
  plan_hash text not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant, name, version),
  unique (tenant, name, document_sha256)
);

comment on column treadle.workflows.document_sha256 is 'Of its canonical JSON: the same document in another order, or as YAML, is the same.';

create table treadle.workflow_labels (
  tenant text not null,
  name text collate "C" not null,
  label text not null check (label ~ '^[a-z][a-z0-9-]{0,62}$'),
  version integer not null,
  primary key (tenant, name, label),
  foreign key (tenant, name, version) references treadle.workflows
);
