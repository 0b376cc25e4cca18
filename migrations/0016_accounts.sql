-- How people prove who they are, and the mails that go with it. These rows belong to persons, not to tenants.

alter table users
    -- Null for whoever only ever signs in by another way.
    alter column password_hash drop not null,
    -- When somebody who reads this address's mail said so; null until then.
    add column email_verified_at timestamptz;

alter table sessions
    -- The device, as its browser names itself, and where it was last seen.
    add column user_agent   text not null default '',
    add column address      text not null default '',
    add column last_used_at timestamptz not null default now();
-- The only sessions that are listed, or ended all at once.
create index sessions_open_idx on sessions (user_id) where revoked_at is null;

-- Mails on their way. A row is written in the transaction that needs it, together with the job that sends it.
create table outbox (
    id         uuid primary key,
    -- Null for somebody who has no account yet.
    user_id    uuid references users (id) on delete cascade,
    recipient  text not null,
    subject    text not null,
    -- Null once it is over: a mail may hold a link that opens an account.
    body       text,
    created_at timestamptz not null default now(),
    -- Counted before each try.
    attempts   int  not null default 0,
    sent_at    timestamptz,
    failed_at  timestamptz,
    -- What the mail server said last.
    error      text
);
create index outbox_created_at_idx on outbox (created_at);
create index outbox_user_id_idx on outbox (user_id);

-- What a link in a mail proves. Only the hash of what stands in the link is kept.
create table email_tokens (
    token_hash bytea primary key,
    user_id    uuid not null references users (id) on delete cascade,
    -- confirm: the address is theirs; reset: a new password; change: another address.
    purpose    text not null check (purpose in ('confirm', 'reset', 'change')),
    -- The address that the link was sent to.
    email      text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index email_tokens_user_id_idx on email_tokens (user_id, purpose);

-- Wrong passwords and codes in a row, by the hash of what was tried: an address need not have an account.
create table sign_in_attempts (
    subject_hash bytea primary key,
    attempts     int         not null,
    last_at      timestamptz not null,
    locked_until timestamptz
);
create index sign_in_attempts_last_at_idx on sign_in_attempts (last_at);

-- A second factor: codes of an authenticator app.
create table second_factors (
    user_id    uuid primary key references users (id) on delete cascade,
    -- AES-256-GCM: key id, nonce and ciphertext; bound to the user.
    secret     bytea not null,
    -- Null until a first code was right; until then it is asked of nobody.
    enabled_at timestamptz,
    -- The time step of the last code that was taken: none is taken twice.
    last_step  bigint not null default 0
);

create table recovery_codes (
    user_id   uuid  not null references users (id) on delete cascade,
    code_hash bytea not null,
    used_at   timestamptz,
    primary key (user_id, code_hash)
);

-- A sign-in that waits for its second factor.
create table mfa_challenges (
    id         uuid primary key,
    user_id    uuid not null references users (id) on delete cascade,
    attempts   int  not null default 0,
    expires_at timestamptz not null
);
create index mfa_challenges_expires_at_idx on mfa_challenges (expires_at);
create index mfa_challenges_user_id_idx on mfa_challenges (user_id);

-- Other ways to sign in, beside the password: who somebody is to whom vouches for them.
create table identities (
    id           uuid primary key,
    user_id      uuid not null references users (id) on delete cascade,
    -- The way, such as the issuer of OpenID Connect or the kind of wallet.
    kind         text not null,
    -- Who they are there: an id that never changes, not an address.
    subject      text not null,
    created_at   timestamptz not null default now(),
    last_used_at timestamptz,
    constraint identities_subject_key unique (kind, subject)
);
create index identities_user_id_idx on identities (user_id);

grant select, insert on outbox to botwright_app;
grant select, insert, update, delete on outbox to botwright_worker;
grant select, insert, update, delete on
    email_tokens, sign_in_attempts, second_factors, recovery_codes, mfa_challenges, identities to botwright_app;
grant select on users to botwright_worker;
grant select, insert, delete on email_tokens to botwright_worker;
grant select, delete on sessions, sign_in_attempts, mfa_challenges to botwright_worker;
