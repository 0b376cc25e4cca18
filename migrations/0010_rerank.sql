-- Providers that put passages in order, beside those that write answers.

alter table providers
    add column kind text not null default 'openai'
        check (kind in ('openai', 'cohere_rerank', 'jina_rerank', 'tei_rerank'));

-- A bot may need one of each.
alter table bot_providers
    drop constraint bot_providers_pkey,
    add primary key (workspace_id, bot_id, provider_id);
create index bot_providers_provider_idx on bot_providers (workspace_id, provider_id);
