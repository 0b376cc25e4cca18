-- More kinds of sources.

alter table documents
    drop constraint documents_kind_check,
    add constraint documents_kind_check check (kind in ('file', 'text', 'url', 'qa'));
