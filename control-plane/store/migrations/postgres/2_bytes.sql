-- What a job's headers, its request and its answer take, so that what a tenant has is a sum.
ALTER TABLE jobs ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE jobs SET bytes = length(headers) + coalesce(length(body), 0)
    + (SELECT coalesce(sum(length(data)), 0) FROM job_parts WHERE job_id = jobs.id);
CREATE INDEX jobs_by_bytes ON jobs (tenant, bytes);
