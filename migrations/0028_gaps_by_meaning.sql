-- Gaps that ask for the same in other words: a job compares what they mean. Vectors lie with the questions they are of, so
-- that they go with them.

alter table gaps
    -- Hash of the words that count. Whoever asks in the same words again is put to where that went, without a model.
    add column question_key bigint,
    -- What the question means, as f32 in little endian, and by which model: null until the worker has looked at it.
    add column vector bytea,
    add column model_id uuid,
    -- What put it into its group: its words, what it means, or a person, whom nothing overrules.
    add column placed_by text not null default 'words' check (placed_by in ('words', 'meaning', 'person')),
    add check ((vector is null) = (model_id is null));
create index gaps_question_idx on gaps (workspace_id, bot_id, question_key) where question_key is not null;

grant update (question_key, vector, model_id, group_id, placed_by) on gaps to botwright_worker;
grant update (status, changed_by, changed_at) on gap_groups to botwright_worker;
