-- Triggers that note which tasks the CRM inserts and updates, inside the CRM's own transaction.
--
-- None of DELETE: on a table that has one, REPLACE locks its row shared first and exclusively later, in
-- MariaDB as in MySQL, and ends in a deadlock where another statement waits for that row in between.
-- The worker looks for rows that are gone each second instead.
--
-- One insert each, under a handler that swallows every error: they cannot fail the CRM's statement.
-- `tasks` in back quotes stands for the configured table. The worker's own sessions set @caldav_own.
-- A line that holds // alone ends a statement (phpMyAdmin: set the delimiter to // below the text field).

CREATE TRIGGER caldav_task_inserted AFTER INSERT ON `tasks` FOR EACH ROW
BEGIN
    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
    IF @caldav_own IS NULL THEN
        INSERT INTO caldav_pending (task_id) VALUES (NEW.id);
    END IF;
END
//
CREATE TRIGGER caldav_task_updated AFTER UPDATE ON `tasks` FOR EACH ROW
BEGIN
    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
    IF @caldav_own IS NULL THEN
        INSERT INTO caldav_pending (task_id, former_id) VALUES (NEW.id, OLD.id);
    END IF;
END
//
