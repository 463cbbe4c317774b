-- What a gateway with schema version 1 had written.
INSERT INTO messages (id, kind, business, sender, document_id, number, notation, type, subject, date, signer, priority, due_date, status_code, size, sha256, system, accepted_at, fingerprint, content_key, idempotency_key, node, record, archived_at)
VALUES ('0190a000-0000-7000-8000-000000000001', 'document', 0, 'H26.99', 'H26.99,2030/01/02,1/QĐ', '1', 'QĐ', 'Quyết định', 'Về việc cũ', '2030/01/02', 'Nguyễn Văn Thử', 1, '', '', 8, '00000000000000000000000000000000000000000000000000000000000000aa', 'one', 1893553445000000, 'f1', 'c1', '', 'node-1', 'records/1', 1893553446000000);
INSERT INTO originals (message_id, skeleton, parts, size, sha256, rebuildable, whole, payloads)
VALUES ('0190a000-0000-7000-8000-000000000001', '<edXML/>', '[{"offset":7,"size":3,"sha256":"00000000000000000000000000000000000000000000000000000000000000bb"}]', 8, '00000000000000000000000000000000000000000000000000000000000000aa', 1, '', '["00000000000000000000000000000000000000000000000000000000000000bb"]');
INSERT INTO attachments (message_id, position, name, content_type, size, sha256, payload_size, payload, wrapped)
VALUES ('0190a000-0000-7000-8000-000000000001', 0, 'cũ.pdf', 'application/pdf', 3, 'bb', 3, 'bb', 0);
INSERT INTO deliveries (id, message_id, position, kind, sender, addressed, receiver, holder, redirect, route, state, cause, lane, attempts, next_at, expires_at, remote_id, status, recall, queued_at, sent_at, fetched_at, acknowledged_at, updated_at, lease_owner, lease_until)
VALUES ('0190a000-0000-7000-8000-000000000002', '0190a000-0000-7000-8000-000000000001', 0, 'document', 'H26.99', 'H26.99.1', 'H26.99.1', 'H26.99.1', '', 'inbox', 'fetched', '', 1, 0, 1893553445000000, 1896145445000000, '', '03', '', 1893553445000000, 0, 1893553447000000, 0, 1893553447000000, '', 0);
INSERT INTO receipts (id, kind, message_id, delivery_id, issued_at, jws)
VALUES ('0190a000-0000-7000-8000-000000000003', 'submission', '0190a000-0000-7000-8000-000000000001', '', 1893553445000000, 'e30.e30.c2ln');
INSERT INTO events (at, kind, message_id, delivery_id, sender, receiver, holder, actor, data) VALUES
    (1893553445000000, 'message.accepted', '0190a000-0000-7000-8000-000000000001', '', 'H26.99', '', '', 'one', '{}'),
    (1893553445000000, 'delivery.queued', '0190a000-0000-7000-8000-000000000001', '0190a000-0000-7000-8000-000000000002', 'H26.99', 'H26.99.1', 'H26.99.1', 'one', '{"to":"queued"}'),
    (1893553447000000, 'delivery.fetched', '0190a000-0000-7000-8000-000000000001', '0190a000-0000-7000-8000-000000000002', 'H26.99', 'H26.99.1', 'H26.99.1', 'two', '{"from":"queued","to":"fetched"}');
INSERT INTO agencies (id, parent, kind, name, folded, in_charge, address, email, telephone, website, status, valid_from, valid_to, represented_by, reach, version, modified_at)
VALUES ('H26.99.1', 'H26.99', 'office', 'Cơ quan cũ', ' co quan cu', '', '', '', '', '', 'open', '', '', '', 'local', 1, 1893553445000000);
INSERT INTO systems (id, name, created_at) VALUES ('two', 'Hệ thống cũ', 1893553445000000);
INSERT INTO system_agencies (system_id, agency_id) VALUES ('two', 'H26.99.1');
INSERT INTO credentials (id, system_id, kind, scopes, proof, created_at, expires_at, revoked_at)
VALUES ('key', 'two', 'api-key', '["receive"]', 'x', 1893553445000000, 0, 0);
