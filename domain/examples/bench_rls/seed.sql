-- Two hundred tenants of different sizes: every twentieth has five times as much of everything.
create temporary table tenants as
select n, gen_random_uuid() as organization_id, gen_random_uuid() as workspace_id, case when n % 20 = 0 then 5 else 1 end as size
from generate_series(1, 200) n;

insert into users (id, email, name)
select gen_random_uuid(), 'person-' || n || '@example.com', 'Person ' || n from generate_series(1, 600) n;

insert into organizations (id, name) select organization_id, 'Organization ' || n from tenants;
insert into workspaces (id, organization_id, name) select workspace_id, organization_id, 'Support' from tenants;

-- Three people each; one of them is in a second organization, too.
create temporary table people as
select u.id, row_number() over (order by u.id) as n from users u;
insert into organization_members (organization_id, user_id, role)
select t.organization_id, p.id, case p.n % 3 when 0 then 'owner' when 1 then 'editor' else 'viewer' end
from tenants t join people p on (p.n - 1) / 3 + 1 = t.n;
insert into workspace_members (workspace_id, user_id, role)
select t.workspace_id, p.id, 'editor' from tenants t join people p on p.n = (t.n % 200) * 3 + 1;

insert into sessions (id, user_id, active_workspace_id)
select gen_random_uuid(), m.user_id, w.id
from organization_members m join workspaces w on w.organization_id = m.organization_id, generate_series(1, 3);

insert into api_keys (workspace_id, id, name, prefix, key_hash)
select workspace_id, gen_random_uuid(), 'Key ' || k, 'bw_' || k, sha256((n || '-' || k)::bytea)
from tenants, generate_series(1, 3) k;

insert into data_policies (workspace_id, conversations_days) select workspace_id, 365 from tenants where n % 3 = 0;
insert into usage_days (workspace_id, day, messages)
select workspace_id, current_date - d, 100 from tenants, generate_series(0, 89) d;
insert into embedding_models (workspace_id, id, model, dimensions, unrelated, spread, state)
select workspace_id, gen_random_uuid(), 'text-embedding-3-small', 384, 0.1, 0.1, 'live' from tenants where n % 4 = 0;

-- Four bots with three versions. All of this is one transaction, as bots and their versions point at each other.
create temporary table some_bots as
select t.workspace_id, gen_random_uuid() as id, b, t.size from tenants t, generate_series(1, 4) b;
insert into bots (workspace_id, id, name, live_version) select workspace_id, id, 'Bot ' || b, 3 from some_bots;
insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version)
select workspace_id, id, v, jsonb_build_object('name', 'Bot ' || b, 'instructions', repeat('Answer from what you are given. ', 60)),
       gen_random_uuid(), v
from some_bots, generate_series(1, 3) v;

-- Two knowledge bases; 20 documents of 10 chunks in each, from 5 sources.
insert into knowledge_bases (workspace_id, id, name, chunking, index_version)
select workspace_id, gen_random_uuid(), 'Help ' || k, '{}', 7 from tenants, generate_series(1, 2) k;
insert into bot_knowledge_bases (workspace_id, bot_id, knowledge_base_id)
select k.workspace_id, b.id, k.id from knowledge_bases k join some_bots b on b.workspace_id = k.workspace_id and b.b <= 2;
insert into sources (workspace_id, id, knowledge_base_id, kind, title)
select workspace_id, gen_random_uuid(), id, 'file', 'File ' || s from knowledge_bases, generate_series(1, 5) s;
insert into documents (workspace_id, id, knowledge_base_id, source_id, kind, title, media_type, size, storage_key, status,
                       live_version, chunk_count, chunks_done, languages)
select s.workspace_id, gen_random_uuid(), s.knowledge_base_id, s.id, 'file', 'Document ' || d, 'text/plain', 4000, 'key', 'indexed',
       1, 10, 10, '{en}'
from sources s join tenants t on t.workspace_id = s.workspace_id, generate_series(1, 4 * t.size) d;
insert into chunks (workspace_id, id, knowledge_base_id, document_id, version, position, text, heading_path, tokens, content_hash)
select workspace_id, gen_random_uuid(), knowledge_base_id, id, 1, p,
       repeat(md5(id::text || p), 20), array['Chapter', 'Section ' || p], 180, sha256((id::text || p)::bytea)
from documents, generate_series(0, 9) p;

-- 400 conversations of four turns, spread over the bots and three months.
insert into conversations (workspace_id, id, bot_id, channel, message_count, created_at, last_message_at)
select workspace_id, gen_random_uuid(), id, 'web', 8, at, at
from some_bots, generate_series(1, 100 * size) c, lateral (select now() - random() * interval '90 days' as at) when_;
insert into messages (workspace_id, id, conversation_id, role, content, sources, model, bot_version, created_at)
select workspace_id, (left(uuid_from(created_at + m * interval '10 seconds')::text, 14) || substr(gen_random_uuid()::text, 15))::uuid,
       id, case m % 2 when 1 then 'user' else 'assistant' end, repeat(md5(id::text || m), 8),
       case m % 2 when 1 then '[]' else '[{"title": "Document", "n": 1}]' end::jsonb, 'gpt', 3, created_at + m * interval '10 seconds'
from conversations, generate_series(1, 8) m;
insert into retrievals (workspace_id, message_id, retrieval)
select workspace_id, id, jsonb_build_object('query', 'q', 'candidates', repeat('0123456789', 30))
from messages where role = 'assistant' and hashtext(id::text) % 4 = 0;
insert into gaps (workspace_id, id, bot_id, conversation_id, question, created_at)
select workspace_id, gen_random_uuid(), bot_id, id, 'Where is it?', created_at from conversations where id::text < '1';

drop table tenants, people, some_bots;
