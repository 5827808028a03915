-- Requests that are answered without a held connection. Times are milliseconds since the Unix epoch.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    key_id TEXT NOT NULL,
    family TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    delivery TEXT NOT NULL,
    -- JSON: pairs of name and value.
    headers TEXT NOT NULL,
    -- Removed when the job is over.
    body BLOB,
    state TEXT NOT NULL,
    -- The forwarder that works on it, and until when that is believed.
    owner TEXT,
    lease_until INTEGER,
    not_before INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    expires_at INTEGER NOT NULL,
    status INTEGER,
    content_type TEXT,
    failure_code TEXT,
    failure_message TEXT
);
CREATE INDEX jobs_by_tenant ON jobs (tenant, state);
CREATE INDEX jobs_by_state ON jobs (state, created_at);
CREATE INDEX jobs_by_expiry ON jobs (expires_at);

-- Answers, as they arrived.
CREATE TABLE job_parts (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (job_id, number)
);
