-- SQLite can't add a column that must have a value: the table is written anew.

CREATE TABLE signing_tasks_0002 (
    id {words} NOT NULL,
    document_id {words} NOT NULL,
    agency_id {words} NOT NULL,
    revision_id {words} NOT NULL,
    signer_id {words} NOT NULL,
    state {words} NOT NULL,
    created_at {moment} NOT NULL,
    expires_at {moment} NOT NULL,
    appearance {words},
    appearance_image_sha256 {words},
    reason {words},
    location {words},
    preparation {words},
    signature {octets},
    result_revision_id {words},
    failure {words},
    version {whole} NOT NULL,
    group_id {words} NOT NULL,
    position {whole} NOT NULL,
    job_id {words},
    CONSTRAINT signing_tasks_pkey PRIMARY KEY (id),
    CONSTRAINT signing_tasks_document_id_fkey FOREIGN KEY(document_id) REFERENCES documents (id),
    CONSTRAINT signing_tasks_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id),
    CONSTRAINT signing_tasks_revision_id_fkey FOREIGN KEY(revision_id) REFERENCES revisions (id),
    CONSTRAINT signing_tasks_signer_id_fkey FOREIGN KEY(signer_id) REFERENCES users (id),
    CONSTRAINT signing_tasks_result_revision_id_fkey FOREIGN KEY(result_revision_id) REFERENCES revisions (id),
    CONSTRAINT signing_tasks_group_id_fkey FOREIGN KEY(group_id) REFERENCES signing_groups (id),
    CONSTRAINT signing_tasks_group_id_position_key UNIQUE (group_id, position)
){strict};

INSERT INTO signing_tasks_0002 SELECT *, id, 1, NULL FROM signing_tasks;

DROP TABLE signing_tasks;

ALTER TABLE signing_tasks_0002 RENAME TO signing_tasks;

CREATE INDEX signing_tasks_agency_id_index ON signing_tasks (agency_id);
