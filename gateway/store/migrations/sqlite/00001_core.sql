-- Rows of events are never deleted, so that a plain rowid only ever rises.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    at          BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    message_id  TEXT   NOT NULL,
    delivery_id TEXT   NOT NULL,
    sender      TEXT   NOT NULL,
    receiver    TEXT   NOT NULL,
    holder      TEXT   NOT NULL,
    actor       TEXT   NOT NULL,
    data        TEXT   NOT NULL
);
CREATE INDEX events_message ON events (message_id) WHERE message_id <> '';

CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are only ever appended'); END;
CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are only ever appended'); END;
CREATE TRIGGER attempts_keep BEFORE UPDATE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are only ever appended'); END;
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are only ever appended'); END;
CREATE TRIGGER statuses_keep BEFORE UPDATE ON statuses
BEGIN SELECT RAISE(ABORT, 'statuses are only ever appended'); END;
CREATE TRIGGER statuses_stay BEFORE DELETE ON statuses
BEGIN SELECT RAISE(ABORT, 'statuses are only ever appended'); END;
