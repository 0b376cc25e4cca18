-- What deleting an account looks for: what the person wrote and did. Few rows of these have a person at all.
create index messages_author_idx on messages (author_id) where author_id is not null;
create index conversation_events_actor_idx on conversation_events (actor_id) where actor_id is not null;
create index conversation_notes_author_idx on conversation_notes (author_id) where author_id is not null;
create index conversations_assignee_of_idx on conversations (assignee_id) where assignee_id is not null;
create index lead_notes_author_idx on lead_notes (author_id) where author_id is not null;

-- A long list of bots, in the order of their names.
create index bots_lower_name_idx on bots (workspace_id, lower(name), id);
