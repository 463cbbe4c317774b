-- Search in the directory reads this index instead of the wide rows, and asking
-- which agencies are served no longer walks every system.
CREATE INDEX agencies_search ON agencies (id, folded, parent, kind);
CREATE INDEX system_agencies_agency ON system_agencies (agency_id, system_id);
CREATE INDEX credentials_system ON credentials (system_id);
