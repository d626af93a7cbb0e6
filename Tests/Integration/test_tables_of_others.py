"""`crm-caldav migrate` in a CRM whose author tried a PHP CalDAV server and left its tables there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import worker
from harness.dav import Client
from harness.stack import Stack, binary
from harness.worker import CommandError
from test_rfc4918_proppatch import proppatch

#: `caldav_properties` has one of our names; the documented tables have more columns and keys than ours.
TABLES = """
CREATE TABLE users (
    id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(255) NOT NULL UNIQUE,
    password VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL);
CREATE TABLE tasks (
    id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(255) NOT NULL, description TEXT,
    task_type ENUM('call', 'email', 'meeting', 'follow_up') NOT NULL DEFAULT 'call',
    start_datetime DATETIME NOT NULL, end_datetime DATETIME,
    status ENUM('pending', 'completed', 'cancelled') DEFAULT 'pending',
    priority ENUM('low', 'medium', 'high') DEFAULT 'medium', notes TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    caldav_uid VARCHAR(255) UNIQUE, caldav_etag VARCHAR(255),
    caldav_lastmod TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    caldav_sequence INT DEFAULT 0, calendar_id INT DEFAULT 1,
    KEY idx_caldav_uid (caldav_uid), KEY idx_calendar_id (calendar_id));
CREATE TABLE caldav_calendars (
    id INT AUTO_INCREMENT PRIMARY KEY, user_id VARCHAR(255) NOT NULL, uri VARCHAR(255) NOT NULL,
    displayname VARCHAR(255) NOT NULL, description TEXT, color VARCHAR(7) DEFAULT '#3366CC',
    timezone VARCHAR(255) DEFAULT 'UTC', components VARCHAR(255) DEFAULT 'VEVENT,VTODO',
    ctag INT DEFAULT 1, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY unique_calendar (user_id, uri), KEY idx_user_id (user_id));
CREATE TABLE caldav_properties (
    id INT AUTO_INCREMENT PRIMARY KEY, path VARCHAR(1024) NOT NULL, name VARCHAR(255) NOT NULL,
    value MEDIUMTEXT, valuetype INT DEFAULT 1, UNIQUE KEY unique_property (path(255), name));
CREATE TABLE caldav_sync_log (
    id INT AUTO_INCREMENT PRIMARY KEY, task_id INT,
    action ENUM('create', 'update', 'delete') NOT NULL, caldav_uid VARCHAR(255),
    sync_timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    sync_status ENUM('pending', 'success', 'failed') DEFAULT 'pending', error_message TEXT,
    user_id VARCHAR(255), FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE);
INSERT INTO caldav_calendars (user_id, uri, displayname)
VALUES ('admin', 'crm-tasks', 'CRM Tasks'), ('admin', 'calls', 'Calls');
INSERT INTO tasks (title, start_datetime, end_datetime, caldav_uid, calendar_id)
VALUES ('old', '2026-07-10 10:00:00', '2026-07-10 11:00:00', 'abc@crm.example', 1),
       ('call', '2026-07-11 10:00:00', NULL, UUID(), 2);
INSERT INTO caldav_properties (path, name, value) VALUES ('/x', 'n', 'v');
"""

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:lunch
DTSTAMP:20260601T000000Z
DTSTART:20260712T100000Z
SUMMARY:Lunch
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


class OtherCRM(Stack):
    """That CRM instead of the example."""

    database_name = "other"
    #: Settings beside those of every test.
    more: dict[str, object] = {}

    def load_example(self, database: str) -> None:
        self.database.create_user(self.database_user, self.database_password, "example")
        super().load_example("example")
        self.database.create_user(self.database_user, self.database_password, database)
        self.database.run(TABLES, database)
        self.database.run(
            f"""INSERT INTO `{database}`.users (username, password, email)
                SELECT username, password, email FROM example.users WHERE username = 'admin'""")

    def settings(self) -> dict[str, object]:
        settings = {**super().settings(), **self.more}
        for name in ("users_condition", "users_display_name_column", "tasks_owner_column"):
            del settings[name]
        return settings

    def configure(self, **more: object) -> None:
        self.more = more
        self.write_configuration()


@pytest.fixture
def crm() -> Iterator[OtherCRM]:
    with OtherCRM.temporary() as stack:
        assert isinstance(stack, OtherCRM)
        stack.start_database()
        yield stack


def test_migrate_is_refused_with_both_ways_out_and_changes_nothing(crm: OtherCRM) -> None:
    before = crm.database.dump(crm.database_name)
    with pytest.raises(CommandError) as refusal:
        crm.migrate()
    assert "RENAME TABLE `caldav_properties` TO" in str(refusal.value)
    assert "own_tables_prefix" in str(refusal.value)
    with pytest.raises(CommandError):
        crm.command("migrate", "--print")
    assert crm.database.dump(crm.database_name) == before


@pytest.mark.parametrize("way", ["prefix", "rename"])
def test_each_way_out_leads_to_a_server_that_serves(crm: OtherCRM, way: str) -> None:
    if way == "prefix":
        crm.configure(own_tables_prefix="sync_")
    else:
        crm.sql("RENAME TABLE caldav_properties TO crm_caldav_properties")
    crm.migrate()
    crm.worker.start()
    client = Client(crm.front("nginx"), "admin", crm.users["admin"])
    path = client.calendar("crm-tasks")
    token = client.sync(path).sync_token or ""

    assert client.put(f"{path}lunch.ics", EVENT).status == 201
    assert crm.sql_value("SELECT title FROM tasks WHERE caldav_uid = 'lunch'") == "Lunch"
    mood = '<x:mood xmlns:x="http://example.com/ns">sunny</x:mood>'
    name = "{http://example.com/ns}mood"
    assert name in proppatch(client, path, f"<d:set><d:prop>{mood}</d:prop></d:set>").sole.found
    assert client.propfind(path, name).sole.text(name) == "sunny"
    crm.sql("UPDATE tasks SET title = 'new' WHERE title = 'old'")
    assert len(client.sync(path, token).responses) == 2
    assert client.propfind(client.calendar("calls"), "d:displayname").sole.status != 404

    properties = "caldav_properties" if way == "prefix" else "crm_caldav_properties"
    assert crm.sql_rows(f"SELECT * FROM {properties}") == [("1", "/x", "n", "v", "1")]
    assert "missing" not in crm.command("check")
    crm.worker.stop()
    crm.command("migrate", "--uninstall", "--yes")
    left = {row[0] for row in crm.sql_rows("SHOW TABLES")}
    assert left == {"users", "tasks", "caldav_calendars", "caldav_sync_log", properties}
    assert crm.sql_rows("SHOW TRIGGERS") == []


def test_a_prefix_that_cannot_be_is_named(crm: OtherCRM) -> None:
    crm.configure(own_tables_prefix="caldav-")
    with pytest.raises(CommandError, match="own_tables_prefix"):
        worker.run(binary(), crm.configuration, "migrate")
