-- Statements are parted by blank lines; {words} and the like are types of the database.

CREATE TABLE agencies (
    id {words} NOT NULL,
    code {words} NOT NULL,
    name {words} NOT NULL,
    version {whole} NOT NULL,
    CONSTRAINT agencies_pkey PRIMARY KEY (id),
    CONSTRAINT agencies_code_key UNIQUE (code)
){strict};

CREATE TABLE users (
    id {words} NOT NULL,
    name {words} NOT NULL,
    created_at {moment} NOT NULL,
    version {whole} NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id)
){strict};

CREATE TABLE grants (
    id {words} NOT NULL,
    user_id {words} NOT NULL,
    role {words} NOT NULL,
    agency_id {words} NOT NULL,
    valid_from {moment} NOT NULL,
    valid_to {moment},
    CONSTRAINT grants_pkey PRIMARY KEY (id),
    CONSTRAINT grants_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT grants_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id)
){strict};

CREATE INDEX grants_agency_id_index ON grants (agency_id);

CREATE INDEX grants_user_id_index ON grants (user_id);

CREATE TABLE api_keys (
    id {words} NOT NULL,
    user_id {words} NOT NULL,
    label {words} NOT NULL,
    secret_sha256 {words} NOT NULL,
    created_at {moment} NOT NULL,
    revoked_at {moment},
    version {whole} NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT api_keys_secret_sha256_key UNIQUE (secret_sha256)
){strict};

CREATE INDEX api_keys_user_id_index ON api_keys (user_id);

CREATE TABLE requests (
    id {words} NOT NULL,
    principal_id {words} NOT NULL,
    route {words} NOT NULL,
    key {words} NOT NULL,
    digest {words} NOT NULL,
    created_at {moment} NOT NULL,
    answer {words} NOT NULL,
    CONSTRAINT requests_pkey PRIMARY KEY (id),
    CONSTRAINT requests_principal_id_route_key_key UNIQUE (principal_id, route, key)
){strict};

CREATE TABLE catalogues (
    id {words} NOT NULL,
    agency_id {words} NOT NULL,
    year {whole} NOT NULL,
    title {words} NOT NULL,
    created_at {moment} NOT NULL,
    version {whole} NOT NULL,
    CONSTRAINT catalogues_pkey PRIMARY KEY (id),
    CONSTRAINT catalogues_agency_id_year_key UNIQUE (agency_id, year),
    CONSTRAINT catalogues_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id)
){strict};

CREATE TABLE catalogue_items (
    id {words} NOT NULL,
    catalogue_id {words} NOT NULL,
    ordinal {whole} NOT NULL,
    code_notation {words} NOT NULL,
    heading {words} NOT NULL,
    title {words} NOT NULL,
    retention {words} NOT NULL,
    creator {words} NOT NULL,
    note {words} NOT NULL,
    CONSTRAINT catalogue_items_pkey PRIMARY KEY (id),
    CONSTRAINT catalogue_items_catalogue_id_ordinal_key UNIQUE (catalogue_id, ordinal),
    CONSTRAINT catalogue_items_catalogue_id_fkey FOREIGN KEY(catalogue_id) REFERENCES catalogues (id)
){strict};

CREATE TABLE records (
    id {words} NOT NULL,
    agency_id {words} NOT NULL,
    code_notation {words} NOT NULL,
    title {words} NOT NULL,
    retention {words} NOT NULL,
    creator {words} NOT NULL,
    start_date {day} NOT NULL,
    created_at {moment} NOT NULL,
    state {words} NOT NULL,
    catalogue_item_id {words},
    description {words} NOT NULL,
    closures {whole} NOT NULL,
    version {whole} NOT NULL,
    CONSTRAINT records_pkey PRIMARY KEY (id),
    CONSTRAINT records_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id),
    CONSTRAINT records_catalogue_item_id_fkey FOREIGN KEY(catalogue_item_id) REFERENCES catalogue_items (id)
){strict};

CREATE INDEX records_agency_id_index ON records (agency_id);

CREATE TABLE documents (
    id {words} NOT NULL,
    agency_id {words} NOT NULL,
    title {words} NOT NULL,
    kind {words} NOT NULL,
    file_name {words} NOT NULL,
    created_at {moment} NOT NULL,
    parent_id {words},
    code_number {words} NOT NULL,
    code_notation {words} NOT NULL,
    version {whole} NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (id),
    CONSTRAINT documents_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id),
    CONSTRAINT documents_parent_id_fkey FOREIGN KEY(parent_id) REFERENCES documents (id)
){strict};

CREATE INDEX documents_agency_id_index ON documents (agency_id);

CREATE TABLE revisions (
    id {words} NOT NULL,
    document_id {words} NOT NULL,
    ordinal {whole} NOT NULL,
    sha256 {words} NOT NULL,
    size {whole} NOT NULL,
    cause {words} NOT NULL,
    created_at {moment} NOT NULL,
    report_sha256 {words},
    CONSTRAINT revisions_pkey PRIMARY KEY (id),
    CONSTRAINT revisions_document_id_ordinal_key UNIQUE (document_id, ordinal),
    CONSTRAINT revisions_document_id_fkey FOREIGN KEY(document_id) REFERENCES documents (id)
){strict};

CREATE TABLE memberships (
    record_id {words} NOT NULL,
    document_id {words} NOT NULL,
    ordinal {whole} NOT NULL,
    pinned_revision_id {words},
    pinned_report_sha256 {words},
    CONSTRAINT memberships_pkey PRIMARY KEY (record_id, document_id),
    CONSTRAINT memberships_record_id_ordinal_key UNIQUE (record_id, ordinal),
    CONSTRAINT memberships_record_id_fkey FOREIGN KEY(record_id) REFERENCES records (id),
    CONSTRAINT memberships_document_id_fkey FOREIGN KEY(document_id) REFERENCES documents (id),
    CONSTRAINT memberships_pinned_revision_id_fkey FOREIGN KEY(pinned_revision_id) REFERENCES revisions (id)
){strict};

CREATE INDEX memberships_document_id_index ON memberships (document_id);

CREATE TABLE signing_tasks (
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
    CONSTRAINT signing_tasks_pkey PRIMARY KEY (id),
    CONSTRAINT signing_tasks_document_id_fkey FOREIGN KEY(document_id) REFERENCES documents (id),
    CONSTRAINT signing_tasks_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id),
    CONSTRAINT signing_tasks_revision_id_fkey FOREIGN KEY(revision_id) REFERENCES revisions (id),
    CONSTRAINT signing_tasks_signer_id_fkey FOREIGN KEY(signer_id) REFERENCES users (id),
    CONSTRAINT signing_tasks_result_revision_id_fkey FOREIGN KEY(result_revision_id) REFERENCES revisions (id)
){strict};

CREATE INDEX signing_tasks_agency_id_index ON signing_tasks (agency_id);

CREATE UNIQUE INDEX signing_tasks_one_open_index ON signing_tasks (document_id) WHERE state IN ('CREATED', 'OFFERED', 'PREPARED', 'SIGNED');

CREATE TABLE seals (
    id {words} NOT NULL,
    document_id {words} NOT NULL,
    agency_id {words} NOT NULL,
    source_revision_id {words} NOT NULL,
    principal_id {words} NOT NULL,
    created_at {moment} NOT NULL,
    state {words} NOT NULL,
    result_revision_id {words},
    failure {words},
    version {whole} NOT NULL,
    CONSTRAINT seals_pkey PRIMARY KEY (id),
    CONSTRAINT seals_document_id_fkey FOREIGN KEY(document_id) REFERENCES documents (id),
    CONSTRAINT seals_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agencies (id),
    CONSTRAINT seals_source_revision_id_fkey FOREIGN KEY(source_revision_id) REFERENCES revisions (id),
    CONSTRAINT seals_result_revision_id_fkey FOREIGN KEY(result_revision_id) REFERENCES revisions (id)
){strict};

CREATE INDEX seals_agency_id_index ON seals (agency_id);

CREATE UNIQUE INDEX seals_one_intended_index ON seals (document_id) WHERE state IN ('INTENDED');

CREATE TABLE closures (
    id {words} NOT NULL,
    record_id {words} NOT NULL,
    number {whole} NOT NULL,
    manifest_sha256 {words} NOT NULL,
    signature_sha256 {words} NOT NULL,
    certificate_sha256 {words} NOT NULL,
    closed_at {moment} NOT NULL,
    principal_id {words} NOT NULL,
    CONSTRAINT closures_pkey PRIMARY KEY (id),
    CONSTRAINT closures_record_id_number_key UNIQUE (record_id, number),
    CONSTRAINT closures_record_id_fkey FOREIGN KEY(record_id) REFERENCES records (id)
){strict};

CREATE TABLE jobs (
    id {words} NOT NULL,
    kind {words} NOT NULL,
    subject_id {words} NOT NULL,
    agency_id {words} NOT NULL,
    principal_id {words} NOT NULL,
    created_at {moment} NOT NULL,
    updated_at {moment} NOT NULL,
    state {words} NOT NULL,
    attempts {whole} NOT NULL,
    done {whole} NOT NULL,
    total {whole} NOT NULL,
    result {words},
    error {words},
    version {whole} NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (id)
){strict};

CREATE INDEX jobs_state_updated_at_index ON jobs (state, updated_at);

CREATE TABLE ledger_entries (
    leaf_index {whole} NOT NULL,
    stream {words} NOT NULL,
    n {whole} NOT NULL,
    prev {octets},
    micros {whole} NOT NULL,
    actor {words} NOT NULL,
    action {words} NOT NULL,
    payload_digest {octets} NOT NULL,
    request {words} NOT NULL,
    ordinal {whole} NOT NULL,
    data {octets} NOT NULL,
    leaf {octets} NOT NULL,
    CONSTRAINT ledger_entries_pkey PRIMARY KEY (leaf_index),
    CONSTRAINT ledger_entries_stream_n_key UNIQUE (stream, n),
    CONSTRAINT ledger_entries_request_ordinal_key UNIQUE (request, ordinal),
    CONSTRAINT ledger_entries_leaf_index_check CHECK (leaf_index >= 0)
){strict};

CREATE TABLE ledger_payloads (
    leaf_index {whole} NOT NULL,
    salt {octets} NOT NULL,
    data {octets} NOT NULL,
    CONSTRAINT ledger_payloads_pkey PRIMARY KEY (leaf_index),
    CONSTRAINT ledger_payloads_leaf_index_fkey FOREIGN KEY(leaf_index) REFERENCES ledger_entries (leaf_index)
){strict};

CREATE TABLE ledger_head (
    id {whole} NOT NULL,
    size {whole} NOT NULL,
    CONSTRAINT ledger_head_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_head_one_row_check CHECK (id = 1)
){strict};

CREATE TABLE ledger_checkpoints (
    size {whole} NOT NULL,
    root {octets} NOT NULL,
    note {octets} NOT NULL,
    frontier {octets} NOT NULL,
    created_at {moment} NOT NULL,
    CONSTRAINT ledger_checkpoints_pkey PRIMARY KEY (size)
){strict};

INSERT INTO ledger_head (id, size) VALUES (1, 0);
