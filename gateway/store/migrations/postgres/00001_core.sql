-- Numbers are handed out before a transaction commits, so the order of id alone
-- is not the order in which rows become visible. xid is the writing transaction;
-- readers stop before the oldest transaction that still runs. See events.go.
CREATE TABLE events (
    xid         BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    id          BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY,
    at          BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    message_id  TEXT   COLLATE "C" NOT NULL,
    delivery_id TEXT   COLLATE "C" NOT NULL,
    sender      TEXT   COLLATE "C" NOT NULL,
    receiver    TEXT   COLLATE "C" NOT NULL,
    holder      TEXT   COLLATE "C" NOT NULL,
    actor       TEXT   NOT NULL,
    data        TEXT   NOT NULL,
    PRIMARY KEY (xid, id)
);
CREATE INDEX events_message ON events (message_id) WHERE message_id <> '';

-- What is added to transaction numbers. It moves on when the database was
-- restored into another cluster, whose numbers may be smaller.
CREATE TABLE event_base (base BIGINT NOT NULL);
INSERT INTO event_base VALUES (0);

CREATE FUNCTION only_appended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are only ever appended', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION only_appended();
CREATE TRIGGER attempts_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON attempts
    FOR EACH STATEMENT EXECUTE FUNCTION only_appended();
CREATE TRIGGER statuses_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON statuses
    FOR EACH STATEMENT EXECUTE FUNCTION only_appended();
