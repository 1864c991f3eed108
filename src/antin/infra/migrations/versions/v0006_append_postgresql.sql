-- Appending by a function, so that only its owner writes entries. Statements are parted by blank
-- lines; the schema is filled in.

ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_stream_n_key;

ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_request_ordinal_key;

CREATE UNIQUE INDEX ledger_entries_stream_n ON ledger_entries (stream, n);

CREATE UNIQUE INDEX ledger_entries_request_ordinal ON ledger_entries (request, ordinal);

ALTER TABLE ledger_payloads DROP CONSTRAINT ledger_payloads_leaf_index_fkey;

CREATE FUNCTION ledger_append(
    who text,
    request_id text,
    at_micros bigint,
    streams text[],
    actions text[],
    salts bytea[],
    payloads bytea[]
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS
$$
DECLARE
    count CONSTANT bigint := cardinality(streams);
    digests bytea[];
    first_index bigint;
    number bigint;
    leaf_hash bytea;
    told text := '';
    before bytea;
    bytes bytea;
BEGIN
    -- 1. Values that have no place in an entry never get into one, whoever calls.
    IF count < 1
        OR count > 100000
        OR cardinality(actions) IS DISTINCT FROM count
        OR cardinality(salts) IS DISTINCT FROM count
        OR cardinality(payloads) IS DISTINCT FROM count
        OR (who ~ '^[A-Za-z0-9._:-]+$' AND length(who) <= 64) IS NOT TRUE
        OR (request_id ~ '^[A-Za-z0-9._:/-]+$' AND length(request_id) <= 160) IS NOT TRUE
        OR (at_micros BETWEEN 0 AND 9007199254740991) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'no entry can be of this act' USING ERRCODE = 'AL003';
    END IF;
    FOR i IN 1..count LOOP
        IF (streams[i] ~ '^(record|document|agency)/[A-Za-z0-9._-]+$') IS NOT TRUE
            OR length(split_part(streams[i], '/', 2)) > 64
            OR (actions[i] ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$') IS NOT TRUE
            OR length(actions[i]) > 64
            OR (length(salts[i]) = 32) IS NOT TRUE
            OR payloads[i] IS NULL
        THEN
            RAISE EXCEPTION 'no entry can be of this draft' USING ERRCODE = 'AL003';
        END IF;
        digests[i] := sha256('antin-ledger-payload/1\012'::bytea || salts[i] || payloads[i]);
    END LOOP;
    -- 2. The head row's lock makes this transaction the only one that appends until it ends, so
    --    indexes follow the order of commits and have no gap.
    UPDATE ledger_head AS head SET size = head.size + count RETURNING head.size - count
        INTO first_index;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the head row is missing' USING ERRCODE = 'AL002';
    END IF;
    -- 3. Chained to the tips as they are now that nobody else can move them. A request that has
    --    entries already runs into the unique index on (request, ordinal).
    FOR i IN 1..count LOOP
        SELECT newest.n + 1, newest.leaf INTO number, before
            FROM ledger_entries AS newest WHERE newest.stream = streams[i]
            ORDER BY newest.n DESC LIMIT 1;
        number := coalesce(number, 0);
        bytes := convert_to(
            '{{"action":"' || actions[i] || '","actor":"' || who || '","n":' || number
            || ',"payload":"' || encode(digests[i], 'hex')
            || '","prev":' || coalesce('"' || encode(before, 'hex') || '"', 'null')
            || ',"req":"' || request_id || '#' || i - 1 || '","stream":"' || streams[i]
            || '","ts":' || at_micros || ',"v":1}}',
            'UTF8'
        );
        leaf_hash := sha256('\x00'::bytea || bytes);
        INSERT INTO ledger_entries (
            leaf_index, stream, n, prev, micros, actor, action, payload_digest, request, ordinal,
            data, leaf
        ) VALUES (
            first_index + i - 1, streams[i], number, before, at_micros, who, actions[i],
            digests[i], request_id, i - 1, bytes, leaf_hash
        );
        INSERT INTO ledger_payloads (leaf_index, salt, data)
            VALUES (first_index + i - 1, salts[i], payloads[i]);
        told := concat(
            told, ' ', number, ':', encode(before, 'hex'), ':', encode(leaf_hash, 'hex')
        );
    END LOOP;
    RETURN first_index || told;
END
$$;
