-- The master keys that this database was sealed with, to be told apart by their ids.

create table master_keys (
    id            bytea primary key,
    -- A known text sealed with it: only the same key opens it.
    canary        bytea       not null,
    first_used_at timestamptz not null default now(),
    -- When another key took its place.
    replaced_at   timestamptz,
    -- When nothing was found that is sealed with an earlier key.
    resealed_at   timestamptz
);
-- One is in use.
create unique index master_keys_current_idx on master_keys ((true)) where replaced_at is null;
grant select, insert, update on master_keys to botwright_app;
grant select, insert, update on master_keys to botwright_worker;

-- What is sealed is sealed anew by a worker.
grant update on providers, connections to botwright_worker;
grant select, update on second_factors to botwright_worker;
