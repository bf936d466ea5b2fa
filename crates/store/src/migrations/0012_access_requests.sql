-- As what an access request was submitted: a repetition with the same key finds it.

ALTER TABLE approval ADD COLUMN request_key TEXT;
ALTER TABLE approval ADD COLUMN request_digest TEXT;
CREATE UNIQUE INDEX approval_by_request ON approval (tenant, request_key);
