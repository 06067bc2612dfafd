-- Times are milliseconds since 1970, UTC. Ids are the 63-bit ids of the program, which rise with time.

-- Words that repeat: networks, feeds, watches, reasons, shapes of URLs. A row of `mention` holds a number of one byte instead.
CREATE TABLE name (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

-- One row per appearance of an author: whoever changes the shown name gets a second row, so that a row never changes.
CREATE TABLE author (
    id        INTEGER PRIMARY KEY,
    who       INTEGER NOT NULL, -- 48 bits of a hash of network and handle
    network   INTEGER NOT NULL,
    handle    TEXT NOT NULL,
    name      TEXT,
    native_id TEXT,
    url_shape INTEGER,          -- name.id of the form the URL is derived by
    url       TEXT              -- only when it cannot be derived
);
CREATE INDEX author_who ON author (who);

CREATE TABLE mention (
    id           INTEGER PRIMARY KEY,
    network      INTEGER NOT NULL,
    author       INTEGER,          -- NULL once it is forgotten
    feed         INTEGER NOT NULL,
    decided      INTEGER NOT NULL,
    seen         INTEGER NOT NULL, -- milliseconds before `decided`
    posted       INTEGER,          -- milliseconds before it was seen
    native_shape INTEGER,
    native       TEXT,             -- whole, or what the shape needs; NULL once it is forgotten
    url_shape    INTEGER,
    url          TEXT,
    lang         TEXT,
    plain        INTEGER,          -- name.id of what was heard for its first watch, when that is nothing in particular
    text         TEXT NOT NULL,
    extra        TEXT              -- JSON: thread, links, addressed, kind, where there is any
);

-- Finds a mention by native id and by URL. `key` rises with time for ids that do, so that inserts stay near the end.
CREATE TABLE spot (
    key     INTEGER NOT NULL,
    mention INTEGER NOT NULL,
    PRIMARY KEY (key, mention)
) WITHOUT ROWID;

-- The first mention of a day with these words; days older than a week are deleted.
CREATE TABLE words (
    day         INTEGER NOT NULL, -- days since 1970
    fingerprint INTEGER NOT NULL,
    mention     INTEGER NOT NULL,
    PRIMARY KEY (day, fingerprint)
) WITHOUT ROWID;

-- What was heard in a mention for one watch, and what was decided; `mention.plain` has the rest, by far the most.
CREATE TABLE heard (
    mention      INTEGER NOT NULL,
    watch        INTEGER NOT NULL,
    reason       INTEGER NOT NULL,
    priority     INTEGER NOT NULL,
    primary_word INTEGER NOT NULL,
    asks         INTEGER NOT NULL,
    lang         TEXT,
    case_id      INTEGER,
    repeats      INTEGER,
    found        TEXT, -- JSON: switch and findings, evidence as offsets only
    PRIMARY KEY (mention, watch)
) WITHOUT ROWID;
CREATE INDEX heard_case ON heard (case_id) WHERE case_id IS NOT NULL;

-- How often an author has named a watch.
CREATE TABLE author_watch (
    author   INTEGER NOT NULL,
    watch    INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (author, watch)
) WITHOUT ROWID;

CREATE TABLE cases (
    id        INTEGER PRIMARY KEY,
    watch     TEXT NOT NULL,
    network   TEXT NOT NULL,
    author    TEXT NOT NULL,
    matter    TEXT NOT NULL,
    state     TEXT NOT NULL,
    priority  TEXT NOT NULL,
    opened    INTEGER NOT NULL,
    touched   INTEGER NOT NULL,
    answer_by INTEGER,
    taken_by  TEXT,
    mentions  INTEGER NOT NULL
);
CREATE INDEX cases_live ON cases (author, watch) WHERE state IN ('open', 'taken', 'waiting');

-- About a mention (rebuilt from `mention` and `heard`), or about courtier itself (`health`, JSON).
CREATE TABLE alert (
    id              INTEGER PRIMARY KEY,
    mention         INTEGER,
    watch           INTEGER,
    watch_name      INTEGER,
    answer_by       INTEGER,
    mentions_before INTEGER NOT NULL DEFAULT 0,
    draft           TEXT,
    health          TEXT
);
CREATE INDEX alert_mention ON alert (mention) WHERE mention IS NOT NULL;

-- The outbox.
CREATE TABLE delivery (
    id        INTEGER PRIMARY KEY,
    alert     INTEGER NOT NULL,
    notifier  TEXT NOT NULL,
    watch     INTEGER,
    rank      INTEGER NOT NULL, -- 0 urgent and health, 1 today, 2 digest
    state     TEXT NOT NULL,
    attempts  INTEGER NOT NULL,
    due       INTEGER NOT NULL, -- of a claimed one: when the lease ends
    created   INTEGER NOT NULL,
    since     INTEGER NOT NULL, -- giving up counts from here; `outbox retry` sets it anew
    fold      TEXT,
    case_open INTEGER,          -- sent only while this case is open
    card      INTEGER,          -- the delivery whose name is the key of the card; set by the first claim, for ever
    error     TEXT,
    receipt   TEXT
);
CREATE INDEX delivery_due ON delivery (notifier, rank, due) WHERE state IN ('pending', 'claimed');
CREATE INDEX delivery_alert ON delivery (alert);
CREATE INDEX delivery_card ON delivery (card) WHERE card IS NOT NULL;
CREATE INDEX delivery_fold ON delivery (notifier, fold) WHERE fold IS NOT NULL AND card IS NULL AND state = 'pending';
CREATE INDEX delivery_case_open ON delivery (notifier, due) WHERE case_open IS NOT NULL AND state IN ('pending', 'claimed');
CREATE INDEX delivery_dead ON delivery (notifier) WHERE state = 'dead';

CREATE TABLE cursor (
    feed    TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    written INTEGER NOT NULL
) WITHOUT ROWID;

-- Small named values, and counters that would be slow to count.
CREATE TABLE note (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tally (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO tally (key, value) VALUES ('mentions', 0), ('pings', 0);
