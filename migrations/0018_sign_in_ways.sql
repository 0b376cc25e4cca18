-- Other ways to sign in are shown to their owner, and may be passkeys.

alter table identities
    -- Which one of its kind: an address at an issuer or of a wallet, or the name of a passkey.
    add column label      text not null default '' check (length(label) <= 200),
    -- Of a passkey: its public key, its count, and what else it is checked with.
    add column credential jsonb,
    add constraint identities_credential_check check ((kind = 'passkey') = (credential is not null));
