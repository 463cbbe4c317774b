-- The first schema. One text serves both engines; words in braces stand for what
-- differs between them:
--
--   {code}   text that is compared and sorted byte by byte
--   {bytes}  binary data
--   {serial} a number that the database hands out in rising order, as primary key
--   {slim}   kept in its primary key's tree, where the engine can do that
--
-- Times are Unix microseconds in UTC, 0 for none. Digests are lower-case hex.

CREATE TABLE messages (
    id              {code} PRIMARY KEY,
    kind            TEXT   NOT NULL,
    business        BIGINT NOT NULL,
    sender          {code} NOT NULL,
    document_id     {code} NOT NULL,
    number          TEXT   NOT NULL,
    notation        TEXT   NOT NULL,
    type            TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    date            TEXT   NOT NULL,
    signer          TEXT   NOT NULL,
    priority        BIGINT NOT NULL,
    due_date        TEXT   NOT NULL,
    status_code     TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    sha256          TEXT   NOT NULL,
    system          {code} NOT NULL,
    accepted_at     BIGINT NOT NULL,
    fingerprint     {code} NOT NULL UNIQUE,
    content_key     {code} NOT NULL,
    idempotency_key {code} NOT NULL,
    node            {code} NOT NULL,
    record          TEXT   NOT NULL DEFAULT '',
    archived_at     BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX messages_idempotency ON messages (system, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX messages_document ON messages (sender, document_id);
CREATE INDEX messages_sent ON messages (sender, accepted_at, id);
CREATE INDEX messages_unarchived ON messages (accepted_at, id, node) WHERE archived_at = 0;

-- Apart from messages, whose rows stay slim because lists read many of them.
CREATE TABLE originals (
    message_id  {code}  PRIMARY KEY REFERENCES messages (id),
    skeleton    {bytes} NOT NULL,
    parts       TEXT    NOT NULL, -- JSON: where each payload was cut out
    size        BIGINT  NOT NULL,
    sha256      TEXT    NOT NULL,
    rebuildable BIGINT  NOT NULL,
    whole       TEXT    NOT NULL,
    payloads    TEXT    NOT NULL  -- JSON: the digests of the stored blobs
);

CREATE TABLE attachments (
    message_id   {code} NOT NULL REFERENCES messages (id),
    position     BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    content_type TEXT   NOT NULL,
    size         BIGINT NOT NULL,
    sha256       TEXT   NOT NULL,
    payload_size BIGINT NOT NULL,
    payload      TEXT   NOT NULL,
    wrapped      BIGINT NOT NULL,
    PRIMARY KEY (message_id, position)
) {slim};

CREATE TABLE relations (
    message_id  {code} NOT NULL REFERENCES messages (id),
    position    BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    sender      {code} NOT NULL, -- issuer of the earlier letter
    document_id {code} NOT NULL,
    PRIMARY KEY (message_id, position)
) {slim};

CREATE TABLE deliveries (
    id              {code} PRIMARY KEY,
    message_id      {code} NOT NULL REFERENCES messages (id),
    position        BIGINT NOT NULL, -- within the message
    kind            {code} NOT NULL,
    sender          {code} NOT NULL, -- of the message
    addressed       {code} NOT NULL,
    receiver        {code} NOT NULL,
    holder          {code} NOT NULL,
    redirect        TEXT   NOT NULL,
    route           {code} NOT NULL,
    state           {code} NOT NULL,
    cause           {code} NOT NULL,
    lane            BIGINT NOT NULL CHECK (lane BETWEEN 0 AND 4),
    attempts        BIGINT NOT NULL,
    next_at         BIGINT NOT NULL, -- while sending: when the lease runs out
    expires_at      BIGINT NOT NULL,
    remote_id       TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    recall          TEXT   NOT NULL,
    queued_at       BIGINT NOT NULL,
    sent_at         BIGINT NOT NULL,
    fetched_at      BIGINT NOT NULL,
    acknowledged_at BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    lease_owner     {code} NOT NULL,
    lease_until     BIGINT NOT NULL
) {slim};
CREATE INDEX deliveries_message ON deliveries (message_id, position);
-- The inboxes. The time of queueing is in it so that counting needs nothing else.
CREATE INDEX deliveries_inbox ON deliveries (holder, kind, lane DESC, id, queued_at)
    WHERE route = 'inbox' AND state IN ('queued', 'fetched');
-- The carriers' queues.
CREATE INDEX deliveries_queue ON deliveries (route, receiver, lane, next_at)
    WHERE state IN ('queued', 'sending') AND route <> 'inbox';
CREATE INDEX deliveries_expiry ON deliveries (expires_at) WHERE state = 'queued';
CREATE INDEX deliveries_stuck ON deliveries (id, state) WHERE state IN ('held', 'failed', 'expired');

CREATE TABLE attempts (
    id          {serial},
    delivery_id {code} NOT NULL REFERENCES deliveries (id),
    at          BIGINT NOT NULL,
    carrier     TEXT   NOT NULL,
    class       TEXT   NOT NULL,
    code        TEXT   NOT NULL,
    answer      TEXT   NOT NULL
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, id);

CREATE TABLE statuses (
    id          {serial},
    message_id  {code} NOT NULL REFERENCES messages (id), -- the status message
    delivery_id {code} NOT NULL,                          -- that it is about; empty when unknown
    sender      {code} NOT NULL,                          -- of the earlier letter
    receiver    {code} NOT NULL,
    document_id {code} NOT NULL,
    code        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    flag        TEXT   NOT NULL
);
CREATE INDEX statuses_delivery ON statuses (delivery_id, id);

CREATE TABLE receipts (
    id          {code} PRIMARY KEY,
    kind        {code} NOT NULL,
    message_id  {code} NOT NULL REFERENCES messages (id),
    delivery_id {code} NOT NULL,
    issued_at   BIGINT NOT NULL,
    jws         TEXT   NOT NULL,
    UNIQUE (message_id, kind, delivery_id)
);

CREATE TABLE agencies (
    id             {code} PRIMARY KEY,
    parent         {code} NOT NULL,
    kind           {code} NOT NULL,
    name           TEXT   NOT NULL,
    folded         {code} NOT NULL, -- every name, without diacritics, for search
    in_charge      TEXT   NOT NULL,
    address        TEXT   NOT NULL,
    email          TEXT   NOT NULL,
    telephone      TEXT   NOT NULL,
    website        TEXT   NOT NULL,
    status         TEXT   NOT NULL,
    valid_from     TEXT   NOT NULL,
    valid_to       TEXT   NOT NULL,
    represented_by {code} NOT NULL,
    reach          TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    modified_at    BIGINT NOT NULL
) {slim};

CREATE TABLE agency_names (
    agency_id  {code} NOT NULL,
    position   BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    valid_from TEXT   NOT NULL,
    valid_to   TEXT   NOT NULL,
    PRIMARY KEY (agency_id, position)
) {slim};

CREATE TABLE successors (
    agency_id {code} NOT NULL,
    position  BIGINT NOT NULL,
    successor {code} NOT NULL,
    PRIMARY KEY (agency_id, position)
) {slim};

CREATE TABLE aliases (
    alias     {code} PRIMARY KEY,
    agency_id {code} NOT NULL,
    position  BIGINT NOT NULL
) {slim};
CREATE INDEX aliases_agency ON aliases (agency_id, position);

CREATE TABLE systems (
    id         {code} PRIMARY KEY,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE system_agencies (
    system_id {code} NOT NULL REFERENCES systems (id),
    agency_id {code} NOT NULL,
    PRIMARY KEY (system_id, agency_id)
) {slim};

CREATE TABLE credentials (
    id         {code}  PRIMARY KEY,
    system_id  {code}  NOT NULL REFERENCES systems (id),
    kind       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL, -- JSON
    proof      {bytes} NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    revoked_at BIGINT  NOT NULL
);
