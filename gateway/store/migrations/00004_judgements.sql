-- What was found about the signatures of a message's parts. Rows are only ever appended;
-- the newest of a part counts. part is an attachment's index, or -1 for the envelope.
CREATE TABLE judgements (
    id             TEXT   PRIMARY KEY,
    message_id     TEXT   NOT NULL REFERENCES messages (id),
    part           BIGINT NOT NULL,
    name           TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    action         TEXT   NOT NULL,
    indication     TEXT   NOT NULL,
    sub_indication TEXT   NOT NULL,
    next_at        BIGINT NOT NULL, -- 0: never
    report         TEXT   NOT NULL  -- JSON
);
CREATE INDEX judgements_message ON judgements (message_id);

-- When a part is to be judged again. A row that is claimed has its moment moved on.
CREATE TABLE rejudgements (
    message_id TEXT   NOT NULL REFERENCES messages (id),
    part       BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    PRIMARY KEY (message_id, part)
);
CREATE INDEX rejudgements_due ON rejudgements (at);

-- Copies of attachments with renewed proofs.
CREATE TABLE preserved (
    message_id TEXT   NOT NULL REFERENCES messages (id),
    part       BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    blob       TEXT   NOT NULL,
    size       BIGINT NOT NULL,
    level      TEXT   NOT NULL,
    PRIMARY KEY (message_id, part, blob)
);
