-- Documents that are signed elsewhere, with a key that never comes here.
CREATE TABLE signings (
    id          TEXT   PRIMARY KEY,
    system      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    number      TEXT   NOT NULL,
    date        TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    sent        TEXT   NOT NULL, -- digest of a blob
    sent_size   BIGINT NOT NULL,
    signed      TEXT   NOT NULL, -- digest of a blob, or empty
    signed_size BIGINT NOT NULL,
    report      TEXT   NOT NULL, -- JSON, or empty
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    signed_at   BIGINT NOT NULL,
    proof       TEXT   NOT NULL  -- hexadecimal SHA-256 of the secret
);
