-- What is new in `met`, until there are enough rows to be merged in the order of its keys. Rows of `met` lie at random
-- places: written one by one, each is a page of the log and of the next checkpoint; merged in order, one page takes several.
CREATE TABLE IF NOT EXISTS met_lately (
    who      INTEGER NOT NULL,
    author   INTEGER NOT NULL,
    watch    INTEGER NOT NULL,
    mentions INTEGER NOT NULL, -- since the last merge
    PRIMARY KEY (who, author, watch)
) WITHOUT ROWID;
