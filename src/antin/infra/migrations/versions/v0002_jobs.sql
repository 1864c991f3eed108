-- What was signed and not completed has a job from now on, by which it gets on.

CREATE UNIQUE INDEX signing_tasks_one_signed_index ON signing_tasks (document_id) WHERE state IN ('SIGNED');

INSERT INTO jobs (
    id, kind, subject_id, agency_id, principal_id, created_at, updated_at, state,
    attempts, done, total, version
)
SELECT id, 'sign', id, agency_id, signer_id, created_at, created_at, 'QUEUED', 0, 0, 1, 1
FROM signing_tasks WHERE state = 'SIGNED';

UPDATE signing_tasks SET job_id = id WHERE state = 'SIGNED';
