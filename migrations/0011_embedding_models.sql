-- Which model makes a workspace's vectors, and the vectors of each. Vectors belong to a text and a model, not to a
-- chunk: so the same text is embedded once, and two models can stand side by side while one takes over.

create table embedding_models (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    -- All zeros: the built-in model.
    id           uuid not null,
    -- Null: the built-in model.
    provider_id  uuid,
    model        text not null,
    dimensions   int  not null check (dimensions between 1 and 8192),
    -- Asked of models that can make shorter vectors; null: whatever the model makes.
    asked_dimensions int,
    -- The cosines of texts that have nothing to do with one another, mean and standard deviation.
    unrelated    real not null,
    spread       real not null check (spread > 0),
    state        text not null check (state in ('building', 'live')),
    -- Why its provider did not answer the last time, for people; null once it did.
    error        text,
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint embedding_models_state_key unique (workspace_id, state),
    constraint embedding_models_provider_in_use
        foreign key (workspace_id, provider_id) references providers (workspace_id, id)
);
create index embedding_models_provider_idx on embedding_models (workspace_id, provider_id);
alter table embedding_models enable row level security;
alter table embedding_models force row level security;
create policy tenant on embedding_models
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

-- Without a foreign key to the model: the built-in one needs no row.
create table embeddings (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    model_id     uuid not null,
    -- SHA-256 of the text.
    content_hash bytea not null,
    -- f32, little endian, unit length.
    vector       bytea not null,
    -- What no chunk has used for a while is removed.
    used_at      timestamptz not null default now(),
    primary key (workspace_id, model_id, content_hash)
);
alter table embeddings enable row level security;
alter table embeddings force row level security;
create policy tenant on embeddings
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

-- What has been brought into the index of a model that is to take over.
create table embedded_documents (
    workspace_id uuid not null,
    model_id     uuid not null,
    document_id  uuid not null,
    version      int  not null,
    revision     int  not null,
    primary key (workspace_id, model_id, document_id),
    foreign key (workspace_id, model_id) references embedding_models (workspace_id, id) on delete cascade,
    foreign key (workspace_id, document_id) references documents (workspace_id, id) on delete cascade
);
create index embedded_documents_document_idx on embedded_documents (workspace_id, document_id);
alter table embedded_documents enable row level security;
alter table embedded_documents force row level security;
create policy tenant on embedded_documents
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

-- The owner of the tables may itself be bound by their policies, which show it nothing without a workspace.
alter table chunks no force row level security;
alter table embeddings no force row level security;
insert into embeddings (workspace_id, model_id, content_hash, vector)
select distinct on (workspace_id, content_hash)
       workspace_id, '00000000-0000-0000-0000-000000000000', content_hash, embedding
from chunks
where embedding is not null;
alter table chunks force row level security;
alter table embeddings force row level security;
alter table chunks drop column embedding;

alter table providers
    drop constraint providers_kind_check,
    add constraint providers_kind_check
        check (kind in ('openai', 'cohere_rerank', 'jina_rerank', 'tei_rerank', 'cohere_embed', 'tei_embed'));

grant select, insert, update, delete on embedding_models, embeddings, embedded_documents to botwright_app, botwright_worker;
