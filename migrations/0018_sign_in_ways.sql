-- Other ways to sign in are shown to their owner.

alter table identities
    -- Which one of its kind: an address at an issuer, or of a wallet.
    add column label text not null default '' check (length(label) <= 200);
