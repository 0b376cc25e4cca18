-- Google Drive as a source.

alter table connections
    drop constraint connections_kind_check,
    add constraint connections_kind_check check (kind in ('notion', 'google')),
    -- The address that files are shared with, where the service has one.
    add column account text;

alter table sources
    drop constraint sources_kind_check,
    add constraint sources_kind_check check (kind in ('file', 'text', 'url', 'website', 'qa', 'notion', 'google'));

-- Where people see a page, if that is not the address that names it.
alter table crawl_pages
    add column link text;
