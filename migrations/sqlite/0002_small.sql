-- The same in two thirds of the bytes; `store/sqlite/upgrade.rs` brings the rows over.
-- Columns of bytes hold packed texts (`store/sqlite/packed.rs`).

DROP INDEX heard_case;
DROP INDEX author_who;
ALTER TABLE mention RENAME TO old_mention;
ALTER TABLE author RENAME TO old_author;
ALTER TABLE heard RENAME TO old_heard;
ALTER TABLE words RENAME TO old_words;
DROP TABLE spot;
DROP TABLE author_watch;

-- One row per appearance of an author: whoever changes the shown name gets a second row, so that a row never changes.
CREATE TABLE author (
    id      INTEGER PRIMARY KEY,
    form    INTEGER NOT NULL, -- name.id: network, end of the handle, form of the URL
    handle  TEXT NOT NULL,    -- without the end that the form has
    name    TEXT,
    account BLOB,
    url     BLOB              -- only what the form leaves open
);

-- Finds an author by the handle, and counts how often each row named a watch.
CREATE TABLE met (
    who      INTEGER NOT NULL, -- 32 bits of a hash of network and handle
    author   INTEGER NOT NULL,
    watch    INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (who, author, watch)
) WITHOUT ROWID;

CREATE TABLE mention (
    id     INTEGER PRIMARY KEY,
    form   INTEGER NOT NULL, -- name.id: network, feed, language, forms of native id and URL
    author INTEGER,          -- NULL once it is forgotten
    ahead  INTEGER NOT NULL, -- milliseconds between the decision and what the id says, mostly 0
    seen   INTEGER NOT NULL, -- milliseconds before it was decided
    posted INTEGER,          -- milliseconds before it was seen
    native BLOB,             -- whole, or what the form needs; NULL once it is forgotten
    url    BLOB,             -- whole, or what the form leaves open
    sense  INTEGER,          -- name.id of what was heard for its first watch, when that is nothing in particular
    text   TEXT NOT NULL,
    extra  BLOB              -- thread, links, addressed, kind, where there is any
);

-- Finds a mention by native id and by URL. `key` rises with time for ids that do, so that inserts stay near the end.
CREATE TABLE spot (
    key     INTEGER NOT NULL,
    mention INTEGER NOT NULL,
    PRIMARY KEY (key, mention)
) WITHOUT ROWID;

-- The first mention of a day with these words; days older than a week are deleted.
CREATE TABLE words (
    key     INTEGER PRIMARY KEY, -- the day, then 43 bits of the fingerprint
    mention INTEGER NOT NULL     -- its id, counted from noon of the day
);

-- What was heard in a mention for one watch, and what was decided; `mention.sense` has the rest, by far the most.
CREATE TABLE heard (
    mention INTEGER NOT NULL,
    sense   INTEGER NOT NULL, -- name.id: watch, reason, priority, signal, language
    case_id INTEGER,
    repeats INTEGER,
    found   BLOB,             -- switch and findings, evidence as offsets only
    PRIMARY KEY (mention, sense)
) WITHOUT ROWID;
CREATE INDEX heard_case ON heard (case_id) WHERE case_id IS NOT NULL;

-- Live cases are found by the same hash as authors.
DROP INDEX cases_live;
ALTER TABLE cases ADD COLUMN who INTEGER;
CREATE INDEX cases_live ON cases (who) WHERE state IN ('open', 'taken', 'waiting');

-- A card that is named after its own delivery is 0; only further members of a card stand in the index.
DROP INDEX delivery_card;
UPDATE delivery SET card = 0 WHERE card = id;
CREATE INDEX delivery_card ON delivery (card) WHERE card > 0;
