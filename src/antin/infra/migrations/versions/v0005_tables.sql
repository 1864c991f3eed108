-- Statements are parted by blank lines; the types are filled in for each database.

CREATE TABLE ledger_nodes (
    level {whole} NOT NULL,
    node {whole} NOT NULL,
    hash {octets} NOT NULL,
    CONSTRAINT ledger_nodes_pkey PRIMARY KEY (level, node),
    CONSTRAINT ledger_nodes_level_check CHECK (level >= 1)
){strict};

CREATE TABLE ledger_cosignatures (
    size {whole} NOT NULL,
    witness {words} NOT NULL,
    line {words} NOT NULL,
    created_at {moment} NOT NULL,
    CONSTRAINT ledger_cosignatures_pkey PRIMARY KEY (size, witness),
    CONSTRAINT ledger_cosignatures_size_fkey FOREIGN KEY(size) REFERENCES ledger_checkpoints (size)
){strict};

CREATE TABLE ledger_timestamps (
    size {whole} NOT NULL,
    number {whole} NOT NULL,
    token {octets} NOT NULL,
    created_at {moment} NOT NULL,
    CONSTRAINT ledger_timestamps_pkey PRIMARY KEY (size, number),
    CONSTRAINT ledger_timestamps_size_fkey FOREIGN KEY(size) REFERENCES ledger_checkpoints (size)
){strict};
