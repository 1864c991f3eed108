-- Statements are parted by blank lines; {words} and the like are types of the database.

CREATE TABLE signing_groups (
    id {words} NOT NULL,
    document_id {words} NOT NULL,
    agency_id {words} NOT NULL,
    signing_order {words} NOT NULL,
    principal_id {words} NOT NULL,
    created_at {moment} NOT NULL,
    state {words} NOT NULL,
    version {whole} NOT NULL,
    CONSTRAINT signing_groups_pkey PRIMARY KEY (id),
    CONSTRAINT signing_groups_document_id_fkey FOREIGN KEY(document_id) REFERENCES documents (id),
    CONSTRAINT signing_groups_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id)
){strict};

CREATE INDEX signing_groups_agency_id_index ON signing_groups (agency_id);

CREATE UNIQUE INDEX signing_groups_one_open_index ON signing_groups (document_id) WHERE state IN ('OPEN');

CREATE TABLE signer_certificates (
    id {words} NOT NULL,
    user_id {words} NOT NULL,
    kind {words} NOT NULL,
    value {words} NOT NULL,
    label {words} NOT NULL,
    created_at {moment} NOT NULL,
    removed_at {moment},
    version {whole} NOT NULL,
    CONSTRAINT signer_certificates_pkey PRIMARY KEY (id),
    CONSTRAINT signer_certificates_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id)
){strict};

CREATE INDEX signer_certificates_user_id_index ON signer_certificates (user_id);

INSERT INTO signing_groups (
    id, document_id, agency_id, signing_order, principal_id, created_at, state, version
)
SELECT id, document_id, agency_id, 'sequence', 'system', created_at,
    CASE WHEN state IN ('CREATED', 'OFFERED', 'PREPARED', 'SIGNED') THEN 'OPEN' ELSE 'ENDED' END, 1
FROM signing_tasks;

ALTER TABLE jobs ADD COLUMN due_at {moment};
