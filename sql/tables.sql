-- Tables of crm-caldav itself. The CRM need not know of them and goes on if they are dropped.
--
-- Names and UIDs are VARBINARY or BLOB: they are compared as bytes, whatever the collation.
-- Times are seconds since 1970 in UTC, in BIGINT columns, independent of any server's time zone.

-- Facts about this installation: schema version, instance id, the epoch's guard.
CREATE TABLE IF NOT EXISTS caldav_meta (
    name VARBINARY(64) NOT NULL PRIMARY KEY,
    value VARBINARY(2048) NOT NULL
) ENGINE=InnoDB;

-- One row a calendar. Its lock serialises the writers of the calendar, so revisions commit in order.
CREATE TABLE IF NOT EXISTS caldav_calendar_state (
    calendar_id INT NOT NULL PRIMARY KEY,        -- caldav_calendars.id
    revision INT UNSIGNED NOT NULL DEFAULT 1,    -- number of the latest change; sync token and ctag
    floor INT UNSIGNED NOT NULL DEFAULT 1,       -- lowest revision that a sync token may name
    lost_after INT UNSIGNED NOT NULL DEFAULT 0,  -- revisions between these two may have been given out
    lost_through INT UNSIGNED NOT NULL DEFAULT 0, -- and then lost by a crash of the server: no token is valid there
    mirrored TINYINT NOT NULL DEFAULT 1,         -- 1: its objects are CRM tasks
    protected TINYINT NOT NULL DEFAULT 0,        -- 1: no client may delete it
    subscribed TINYINT NOT NULL DEFAULT 0,       -- 1: what is in it, clients fetch from elsewhere
    color VARBINARY(64) NULL,                    -- as a client wrote it, where the documented column is too short
    color_base VARBINARY(64) NULL                -- what caldav_calendars.color held then; another value there wins
) ENGINE=InnoDB;

-- Calendar object resources.
CREATE TABLE IF NOT EXISTS caldav_objects (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    calendar_id INT NOT NULL,                    -- caldav_calendars.id
    name VARBINARY(255) NOT NULL,                -- last segment of the path
    uid BLOB NOT NULL,                           -- the iCalendar UID
    uid_hash BINARY(32) NOT NULL,                -- SHA-256 of uid
    component VARBINARY(32) NOT NULL,            -- VEVENT, VTODO, ...
    icalendar MEDIUMBLOB NOT NULL,               -- the text as stored
    etag VARBINARY(40) NOT NULL,
    size INT UNSIGNED NOT NULL,                  -- bytes of icalendar
    first_start BIGINT NOT NULL,                 -- start of the first instance
    last_end BIGINT NOT NULL,                    -- end of the last instance; far future when unbounded
    busy TINYINT NOT NULL DEFAULT -1,            -- one event at one absolute time: 0 free, 1 tentative, 2 busy; -1: the text tells
    attendees BIGINT NOT NULL DEFAULT 0,         -- its attendees: for each address one of 64 bits, by a hash
    schedule_tag VARBINARY(40) NULL,             -- RFC 6638
    revision INT UNSIGNED NOT NULL,              -- of its latest change
    task_id BIGINT NULL,                         -- tasks.id; NULL: no CRM task
    base MEDIUMBLOB NULL,                        -- the mapped columns as last read back from the row
    row_digest BINARY(16) NULL,                  -- half a SHA-256 of the same, which the scan compares with the rows
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    UNIQUE KEY name (calendar_id, name),
    UNIQUE KEY uid (calendar_id, uid_hash),
    UNIQUE KEY task (task_id),
    KEY scan (task_id, row_digest, calendar_id),
    KEY changes (calendar_id, revision, name, component, etag, size, modified, created),
    KEY span (calendar_id, last_end, first_start, component)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Names of removed objects, for sync reports; kept 180 days.
CREATE TABLE IF NOT EXISTS caldav_tombstones (
    calendar_id INT NOT NULL,
    name VARBINARY(255) NOT NULL,
    revision INT UNSIGNED NOT NULL,
    removed BIGINT NOT NULL,
    PRIMARY KEY (calendar_id, name),
    KEY changes (calendar_id, revision),
    KEY age (removed)
) ENGINE=InnoDB;

-- Tasks that the CRM changed and no calendar shows yet. Filled by the triggers and only ever appended
-- to by them; rows are deleted by exact id once merged.
CREATE TABLE IF NOT EXISTS caldav_pending (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    task_id BIGINT NOT NULL,
    former_id BIGINT NULL                        -- the id before an UPDATE, nearly always the same
) ENGINE=InnoDB;

-- Rows on their way into caldav_sync_log, whose foreign key can make an insert wait for the CRM.
CREATE TABLE IF NOT EXISTS caldav_log_queue (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    task_id BIGINT NULL,
    action VARBINARY(16) NOT NULL,               -- create, update, delete
    uid VARBINARY(255) NULL,
    happened BIGINT NOT NULL,
    status VARBINARY(16) NOT NULL,               -- success, failed
    message TEXT CHARACTER SET utf8mb4 NULL
) ENGINE=InnoDB;

-- What clients store for a calendar beyond the documented columns (dead properties).
CREATE TABLE IF NOT EXISTS caldav_properties (
    calendar_id INT NOT NULL,
    viewer VARBINARY(255) NOT NULL DEFAULT '',   -- whose value it is; empty: everybody's
    property BINARY(32) NOT NULL,                -- SHA-256 of namespace, line feed, name
    namespace BLOB NOT NULL,
    name BLOB NOT NULL,
    xml MEDIUMBLOB NOT NULL,                     -- the whole element
    PRIMARY KEY (calendar_id, viewer, property)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- The same for a principal, a home, and the collections in it that are no calendars.
CREATE TABLE IF NOT EXISTS caldav_home_properties (
    user_id VARBINARY(255) NOT NULL,             -- the user's name
    place VARBINARY(16) NOT NULL,                -- principal, home, inbox, outbox, notifications
    property BINARY(32) NOT NULL,                -- SHA-256 of namespace, line feed, name
    namespace BLOB NOT NULL,
    name BLOB NOT NULL,
    xml MEDIUMBLOB NOT NULL,                     -- the whole element
    PRIMARY KEY (user_id, place, property)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- What owners grant to others: one row for each principal, on one calendar or on the whole home.
CREATE TABLE IF NOT EXISTS caldav_shares (
    owner VARBINARY(255) NOT NULL,               -- the user's name
    calendar_id INT NOT NULL,                    -- caldav_calendars.id; 0: all calendars of the owner
    kind VARBINARY(16) NOT NULL,                 -- user, authenticated, all
    grantee VARBINARY(255) NOT NULL,             -- the user's name; empty for the other kinds
    privileges INT UNSIGNED NOT NULL,            -- bits: 1 read-free-busy, 2 read, 4 read-acl, 8 read-current-
                                                 -- user-privilege-set, 16 write-content, 32 write-properties,
                                                 -- 64 bind, 128 unbind, 256 write-acl
    granted BIGINT NOT NULL,
    PRIMARY KEY (owner, calendar_id, kind, grantee),
    KEY grantee (grantee, kind)
) ENGINE=InnoDB;

-- Secret addresses of calendars' feeds: who knows one needs no password. The token is nowhere but there.
CREATE TABLE IF NOT EXISTS caldav_feeds (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    token BINARY(32) NOT NULL,                   -- SHA-256 of what stands in the address
    calendar_id INT NOT NULL,                    -- caldav_calendars.id
    label VARBINARY(255) NOT NULL,               -- what it was made for, as its owner wrote it
    created BIGINT NOT NULL,
    UNIQUE KEY token (token),
    KEY calendar (calendar_id)
) ENGINE=InnoDB;

-- Calendars shared with somebody of another server (Open Cloud Mesh). Who brings the secret may use one.
CREATE TABLE IF NOT EXISTS caldav_federated_shares (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    created BIGINT NOT NULL,
    calendar_id INT NOT NULL,                    -- caldav_calendars.id
    owner VARBINARY(255) NOT NULL,               -- the calendar's address when it was shared
    uri VARBINARY(255) NOT NULL,
    address VARBINARY(255) NOT NULL,             -- the same as the receiver knows it, https://...
    share_with VARBINARY(255) NOT NULL,          -- the receiver's cloud id
    recipient VARBINARY(255) NULL,               -- the receiver's name on that server, as it told us
    end_point BLOB NOT NULL,                     -- where that server is told of changes, https://...
    secret_digest BINARY(32) NOT NULL,           -- HMAC-SHA-256 of the secret with the key seal_key of caldav_meta
    secret BLOB NOT NULL,                        -- the secret, encrypted with a key that is not here
    access VARBINARY(16) NOT NULL,               -- read, read-write
    state VARBINARY(16) NOT NULL,                -- offered, accepted, declined (they said so), lapsed (they know it no more)
    seen BIGINT NOT NULL DEFAULT 0,              -- when they last signed in, to the hour
    reason BLOB NULL,                            -- why it is declined or lapsed
    UNIQUE KEY pair (calendar_id, share_with),
    UNIQUE KEY secret_digest (secret_digest)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Calendars that were deleted, each with its objects in caldav_trash; kept 30 days.
CREATE TABLE IF NOT EXISTS caldav_trash_calendars (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    discarded BIGINT NOT NULL,
    actor VARBINARY(255) NOT NULL,               -- the user's name
    calendar_id INT NOT NULL,                    -- caldav_calendars.id, as it was
    owner VARBINARY(255) NOT NULL,
    uri VARBINARY(255) NOT NULL,
    calendar MEDIUMBLOB NOT NULL,                -- its row, a line name=value a column
    KEY age (discarded)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Deleted and overwritten versions; kept 30 days, at most 50 of an object.
CREATE TABLE IF NOT EXISTS caldav_trash (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    discarded BIGINT NOT NULL,
    reason VARBINARY(16) NOT NULL,               -- deleted, overwritten, calendar
    actor VARBINARY(255) NOT NULL,               -- the user's name, or CRM
    calendar_id INT NOT NULL,
    owner VARBINARY(255) NOT NULL,
    uri VARBINARY(255) NOT NULL,
    name VARBINARY(255) NOT NULL,
    etag VARBINARY(40) NOT NULL,
    icalendar MEDIUMBLOB NOT NULL,
    size INT UNSIGNED NOT NULL DEFAULT 0,        -- bytes of icalendar; 0: of an older version
    task_id BIGINT NULL,
    task MEDIUMBLOB NULL,                        -- the mapped columns when row and object last agreed;
                                                 -- NULL where task_row says the same
    task_row MEDIUMBLOB NULL,                    -- every column of a row that a client deleted
    batch BIGINT UNSIGNED NULL,                  -- caldav_trash_calendars.id
    KEY age (discarded),
    KEY object (calendar_id, name, id),
    KEY task (task_id),
    KEY batch (batch),
    KEY home (owner, size)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Calendars of other servers that `crm-caldav work` keeps equal to one of ours.
CREATE TABLE IF NOT EXISTS caldav_remotes (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    created BIGINT NOT NULL,
    calendar_id INT NOT NULL,                    -- caldav_calendars.id
    address BLOB NOT NULL,                       -- of the remote calendar, https://...
    address_hash BINARY(32) NOT NULL,            -- SHA-256 of address
    account VARBINARY(255) NOT NULL,             -- the user's name there
    scheme VARBINARY(16) NOT NULL,               -- basic, oauth
    secret BLOB NOT NULL,                        -- the password, encrypted with a key that is not here
    components VARBINARY(255) NULL,              -- what the remote calendar takes: VEVENT,VTODO
    policy VARBINARY(16) NOT NULL,               -- who wins a conflict: crm, remote, newest
    state VARBINARY(16) NOT NULL,                -- active, paused (by somebody), stopped (by itself)
    reason BLOB NULL,                            -- why it is stopped, or what failed last
    allows_deletions TINYINT NOT NULL DEFAULT 0, -- 1: somebody has said that so many may be deleted
    failures INT UNSIGNED NOT NULL DEFAULT 0,    -- turns in a row that failed
    retry_at BIGINT NOT NULL DEFAULT 0,          -- no turn before that
    local_revision INT UNSIGNED NULL,            -- our calendar's, up to which all is there
    sync_token BLOB NULL,                        -- the remote calendar's, up to which all is here
    ctag BLOB NULL,                              -- the same for a server without sync-collection
    compared BIGINT NOT NULL DEFAULT 0,          -- when all ETags were last compared
    checked BIGINT NOT NULL DEFAULT 0,           -- when the last turn ended well
    changed BIGINT NOT NULL DEFAULT 0,           -- when a turn last moved something
    holder VARBINARY(255) NULL,                  -- the process whose turn it is
    held_until BIGINT NOT NULL DEFAULT 0,
    UNIQUE KEY pair (calendar_id, address_hash)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- One row an object of such a pair of calendars: what both sides had when they last agreed.
CREATE TABLE IF NOT EXISTS caldav_remote_objects (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    remote_id BIGINT UNSIGNED NOT NULL,          -- caldav_remotes.id
    name VARBINARY(255) NULL,                    -- here; NULL: not here yet
    etag VARBINARY(40) NULL,
    href BLOB NULL,                              -- there, an absolute path; NULL: not there yet
    href_hash BINARY(32) NULL,                   -- SHA-256 of href in its one spelling
    remote_etag BLOB NULL,
    local_text MEDIUMBLOB NULL,                  -- the last common version as it was here
    remote_text MEDIUMBLOB NULL,                 -- and there; NULL: the same
    failures INT UNSIGNED NOT NULL DEFAULT 0,
    retry_at BIGINT NOT NULL DEFAULT 0,          -- when to try again; 0: nothing to do
    reason BLOB NULL,
    UNIQUE KEY name (remote_id, name),
    UNIQUE KEY href (remote_id, href_hash)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Followers: what reacts to changes after they happened. Each follows the revisions of the calendars that
-- it watches, as a sync client does.
CREATE TABLE IF NOT EXISTS caldav_followers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind VARBINARY(32) NOT NULL,                 -- federation
    subject BIGINT UNSIGNED NOT NULL DEFAULT 0,  -- a row of the kind's own table; 0: the only one of its kind
    user_id VARBINARY(255) NOT NULL DEFAULT '',  -- watches this user's calendars; empty: everybody's
    calendar_id INT NOT NULL DEFAULT 0,          -- watches this calendar alone; 0: all
    created BIGINT NOT NULL,
    holder VARBINARY(255) NULL,                  -- the process whose passes they are
    held_until BIGINT NOT NULL DEFAULT 0,
    passed BIGINT NOT NULL DEFAULT 0,            -- when the last pass was committed
    failures INT UNSIGNED NOT NULL DEFAULT 0,    -- passes in a row that failed
    retry_at BIGINT NOT NULL DEFAULT 0,          -- no pass before that
    reason BLOB NULL,                            -- why the last pass failed
    UNIQUE KEY follower (kind, subject)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- The revision of a calendar up to which a follower has seen everything.
CREATE TABLE IF NOT EXISTS caldav_follower_cursors (
    follower_id BIGINT UNSIGNED NOT NULL,        -- caldav_followers.id
    calendar_id INT NOT NULL,                    -- caldav_calendars.id
    revision INT UNSIGNED NOT NULL,
    PRIMARY KEY (follower_id, calendar_id),
    KEY calendar (calendar_id)
) ENGINE=InnoDB;

-- Messages that have to reach somebody outside. Written in the transaction that decides on them, sent
-- outside of it, at least once.
CREATE TABLE IF NOT EXISTS caldav_deliveries (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    mark BINARY(16) NOT NULL,                    -- by which a receiver knows a message that comes twice
    kind VARBINARY(32) NOT NULL,                 -- who sends it and how: federation
    target VARBINARY(255) NOT NULL,              -- whom it has to reach, such as a server
    subject VARBINARY(255) NOT NULL,             -- messages of one target and subject are sent in order
    body MEDIUMBLOB NULL,                        -- what it is made of, secrets encrypted; NULL once it is done with
    created BIGINT NOT NULL,
    state VARBINARY(16) NOT NULL,                -- waiting, delivered, failed (given up), dropped (not needed any more)
    attempts INT UNSIGNED NOT NULL DEFAULT 0,
    due BIGINT NOT NULL,                         -- when it is tried next
    holder VARBINARY(255) NULL,                  -- the process that is sending it
    held_until BIGINT NOT NULL DEFAULT 0,
    finished BIGINT NULL,                        -- when it was delivered or given up
    outcome BLOB NULL,                           -- what was answered, or why it failed last
    KEY queue (state, due),
    KEY target (state, kind, target),
    KEY sequence (kind, subject, state, id),
    KEY age (state, finished)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
