-- A task that is there is the only one of its group.

DROP INDEX signing_tasks_one_open_index;

ALTER TABLE signing_tasks ADD COLUMN group_id {words}, ADD COLUMN position {whole}, ADD COLUMN job_id {words};

UPDATE signing_tasks SET group_id = id, position = 1;

ALTER TABLE signing_tasks
    ALTER COLUMN group_id SET NOT NULL,
    ALTER COLUMN position SET NOT NULL,
    ADD CONSTRAINT signing_tasks_group_id_fkey FOREIGN KEY(group_id) REFERENCES signing_groups (id),
    ADD CONSTRAINT signing_tasks_group_id_position_key UNIQUE (group_id, position);
