-- What left-out pages lead to is still followed, and the text of unchanged pages is known.

alter table crawl_pages
    -- With a page that was left out by hand: null until this run finds it, then whether it was read for its links.
    add column links_read boolean;

alter table documents
    -- For finding pages with the same, or nearly the same, text, also when the server only says that it did not change.
    add column text_hash bytea,
    add column sketch    bigint;

-- The owner of the tables may itself be bound by their policies, which show it nothing without a workspace.
alter table documents no force row level security;
alter table crawl_pages no force row level security;
update documents d set text_hash = p.text_hash, sketch = p.sketch
from crawl_pages p
where p.workspace_id = d.workspace_id and p.crawl_id = d.source_id and p.url = d.external_key
  and p.content_hash = d.content_hash;
alter table crawl_pages force row level security;
alter table documents force row level security;
