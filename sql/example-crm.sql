-- A CRM for demonstrations and tests: six people who may sign in, one who no longer may, 300 tasks.
--
-- Needs an empty database; runs on MariaDB 10.3 and MySQL 8.0. Dates lie around today; whoever needs
-- the same ones each time sets @today first:
--
--     (echo "SET @today = '2026-06-15';"; cat example-crm.sql) | mariadb crm

SET NAMES utf8mb4;
SET @today = COALESCE(@today, CURRENT_DATE);

CREATE TABLE users (
    id INT AUTO_INCREMENT PRIMARY KEY,
    username VARCHAR(64) NOT NULL,
    email VARCHAR(255) NOT NULL,
    password VARCHAR(255) NOT NULL,
    full_name VARCHAR(255) NOT NULL,
    role ENUM('admin', 'manager', 'sales', 'support') NOT NULL DEFAULT 'sales',
    active TINYINT(1) NOT NULL DEFAULT 1,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY username (username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Everybody's password is the user name followed by -demo: admin-demo, anna-demo, ben-demo ...
-- The hashes are what PHP's password_hash($password, PASSWORD_BCRYPT) makes.
INSERT INTO users (id, username, email, password, full_name, role, active) VALUES
    (1, 'admin', 'admin@crm.example', '$2y$10$NtfqFyUOLJdPPwl5dMANLelwbvbZDLvlt02fVNkrBJtcp/l3N/YYu', 'Administrator', 'admin', 1),
    (2, 'anna', 'anna@crm.example', '$2y$10$q.yda/eYc9TgzuI59VrxaeQId3IaIlfdfX8G06HhKpV5FbhGT3ua.', 'Anna Müller', 'sales', 1),
    (3, 'ben', 'ben@crm.example', '$2y$10$UfZVkbB0uxUVAAaxQtYEgepv37k0Mw.9FgijIfjBFFlbBJb161Isu', 'Ben O''Connor', 'sales', 1),
    (4, 'carla', 'carla@crm.example', '$2y$10$waU/dZDcOYIBeeLa1MtoUeFEo1kMFGbGbbtSuATlOBO27eg5SXVW6', 'Carla Núñez', 'support', 1),
    (5, 'dmitri', 'dmitri@crm.example', '$2y$10$lpBXQRpNG68SPnxcGjIzKeZH054vxHPxqX7IH5NA7HYqPu/dSqfg6', 'Дмитрий Орлов', 'sales', 1),
    (6, 'elise', 'elise@crm.example', '$2y$10$vEaIuD./36vUlFYtvPvNued2l3p0TbHaIO.YFoz/QpvUfZjpqYuke', 'Élise "Lise" Dupont', 'manager', 1),
    (7, 'zoe', 'zoe@crm.example', '$2y$10$DRElLZ/DyGYqozwlIw2NLej9dks0uwdX1EeM9rIasjjK/R9NVhMly', 'Zoë Gone', 'sales', 0);

CREATE TABLE tasks (
    id INT AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(255) NOT NULL,
    description TEXT,
    task_type ENUM('call', 'email', 'meeting', 'follow_up') NOT NULL DEFAULT 'call',
    status ENUM('pending', 'completed', 'cancelled') DEFAULT 'pending',
    priority ENUM('low', 'medium', 'high') DEFAULT 'medium',
    start_datetime DATETIME NOT NULL,
    end_datetime DATETIME NULL,
    contact_name VARCHAR(255),
    contact_email VARCHAR(255),
    contact_phone VARCHAR(64),
    notes TEXT,
    user_id INT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    KEY start_datetime (start_datetime),
    KEY user_id (user_id),
    CONSTRAINT tasks_owner FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Twenty that each try something.
INSERT INTO tasks
    (title, description, task_type, status, priority, start_datetime, end_datetime,
     contact_name, contact_email, contact_phone, notes, user_id)
VALUES
    ('Client Meeting', 'Discuss project requirements', 'meeting', 'completed', 'high',
     @today + INTERVAL 10 HOUR, @today + INTERVAL 11 HOUR,
     'John Doe', 'john@example.com', '+1-555-0123', 'Bring the signed offer.', 1),
    -- All day: midnight to midnight.
    ('Trade fair 🎪 Hannover', 'Hall 7, stand C42', 'meeting', 'pending', 'high',
     @today + INTERVAL 14 DAY, @today + INTERVAL 18 DAY, NULL, NULL, NULL, NULL, 2),
    ('Company holiday', NULL, 'follow_up', 'pending', 'low',
     @today + INTERVAL 30 DAY, @today + INTERVAL 31 DAY, NULL, NULL, NULL, NULL, NULL),
    ('Anniversary of the Šťastný account', NULL, 'call', 'pending', 'low',
     @today + INTERVAL 9 DAY, NULL, 'Jiří Šťastný', NULL, '+420 222 333 444', NULL, 3),
    -- Several days, with times.
    ('Workshop in Málaga', 'Two days on site\n\n- morning: process\n- afternoon: systems', 'meeting',
     'pending', 'medium', @today + INTERVAL '3 09:30' DAY_MINUTE, @today + INTERVAL '5 16:00' DAY_MINUTE,
     'Lucía Fernández', 'lucia.fernandez@example.es', '+34 600 123 456', NULL, 4),
    -- Across midnight.
    ('Night deployment', 'Rollback plan: see wiki', 'follow_up', 'pending', 'high',
     @today + INTERVAL '2 22:30' DAY_MINUTE, @today + INTERVAL '3 02:15' DAY_MINUTE,
     NULL, NULL, NULL, 'Pager: 4711', 5),
    -- No end; end before start; no length.
    ('Call back: invoice 2024/117', NULL, 'call', 'pending', 'high',
     @today + INTERVAL 15 HOUR, NULL, 'Grete Großmann', NULL, '0341 998877', NULL, 2),
    ('Ends before it starts', 'Somebody typed the wrong hour.', 'call', 'pending', 'medium',
     @today + INTERVAL '1 14:00' DAY_MINUTE, @today + INTERVAL '1 13:00' DAY_MINUTE,
     NULL, NULL, NULL, NULL, 3),
    ('Reminder', NULL, 'email', 'completed', 'low',
     @today + INTERVAL '1 08:00' DAY_MINUTE, @today + INTERVAL '1 08:00' DAY_MINUTE,
     NULL, NULL, NULL, NULL, 4),
    -- Characters that a format gives a meaning to.
    ('Quotes "double", ''single'', back\\slash; semicolon, comma', 'Line one\nLine two\r\nLine three\tTab',
     'email', 'pending', 'medium', @today + INTERVAL '4 11:00' DAY_MINUTE, @today + INTERVAL '4 11:30' DAY_MINUTE,
     'O''Brien, Pat; "PJ"', 'pat.o''brien@example.ie', '+353 1 234 5678', 'a;b,c:d\\n', 1),
    ('<b>HTML</b> &amp; friends', '<p>Pasted from a <a href="https://example.com/?a=1&b=2">page</a>.</p>',
     'email', 'pending', 'low', @today + INTERVAL '6 09:00' DAY_MINUTE, NULL, NULL, NULL, NULL, NULL, 2),
    ('👩‍💻 Pair programming 🇩🇪🤝🇫🇷', '家族との電話 — отчёт — تقرير — café', 'meeting', 'pending', 'medium',
     @today + INTERVAL '7 13:00' DAY_MINUTE, @today + INTERVAL '7 14:30' DAY_MINUTE,
     '山田 太郎', 'taro.yamada@example.jp', '+81 3-1234-5678', '✓ slides\n✗ contract', 5),
    (CONCAT('A title as long as the column takes: ', REPEAT('Überlänge ', 21)), NULL, 'follow_up', 'pending',
     'medium', @today + INTERVAL '8 10:00' DAY_MINUTE, @today + INTERVAL '8 10:45' DAY_MINUTE,
     NULL, NULL, NULL, NULL, 6),
    ('Minutes of the kick-off', REPEAT('Everybody agreed that the schedule is tight, and that it holds. ', 400),
     'meeting', 'completed', 'medium', @today - INTERVAL '20 09:00' DAY_MINUTE, @today - INTERVAL '20 07:00' DAY_MINUTE,
     'Élodie Lefèvre', 'elodie@example.fr', NULL, REPEAT('Long notes. ', 300), 6),
    ('', 'A task without a title.', 'call', 'cancelled', 'low', @today - INTERVAL '3 09:00' DAY_MINUTE, NULL,
     NULL, NULL, NULL, NULL, 4),
    ('  Spaces around  ', '', 'call', NULL, NULL, @today + INTERVAL '5 12:00' DAY_MINUTE,
     @today + INTERVAL '5 12:05' DAY_MINUTE, '', '', '', '', NULL),
    -- A contact of one kind only.
    ('Ask for the new address', NULL, 'email', 'pending', 'low', @today + INTERVAL '11 10:00' DAY_MINUTE, NULL,
     NULL, 'office@example.org', NULL, NULL, 2),
    ('Who was that?', 'Only a number on the display.', 'call', 'pending', 'medium',
     @today + INTERVAL '1 17:00' DAY_MINUTE, NULL, NULL, NULL, '+49 (0)30 / 1234-56', NULL, 3),
    -- Far away.
    ('Archive of 1999', NULL, 'follow_up', 'completed', 'low', '1999-12-31 23:30:00', '2000-01-01 00:30:00',
     NULL, NULL, NULL, NULL, 1),
    ('Lease ends', NULL, 'follow_up', 'pending', 'high', '2040-02-29 00:00:00', '2040-03-01 00:00:00',
     NULL, NULL, NULL, NULL, 1);

-- 280 of the usual kind: every type, status and priority, working hours, two months back and four ahead.
INSERT INTO tasks
    (title, description, task_type, status, priority, start_datetime, end_datetime,
     contact_name, contact_email, contact_phone, notes, user_id)
WITH RECURSIVE numbers AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 279)
SELECT
    CONCAT(
        ELT(1 + n % 4, 'Call ', 'Write to ', 'Meet ', 'Follow up with '),
        ELT(1 + n % 9, 'Weber GmbH', 'Café Zürich', 'Smith & Sons', 'Novák s.r.o.', 'Ødegård AS',
            'Łódź Logistics', 'Dupont et Fils', '東京商事', 'Müller–Lüdenscheidt'),
        ELT(1 + n % 5, '', ': offer', ': contract renewal', ': support case', ': invoice'),
        IF(n % 13 = 0, ' 📞', '')),
    ELT(1 + n % 6, NULL, 'Second attempt.', 'See the last e-mail.\nAttachments are in the archive.',
        'Ask for the order number', '', 'Decision by the end of the month; budget is approved.'),
    ELT(1 + n % 4, 'call', 'email', 'meeting', 'follow_up'),
    IF(n < 95, ELT(1 + n % 5, 'completed', 'completed', 'cancelled', 'completed', 'pending'),
        IF(n % 17 = 0, 'cancelled', 'pending')),
    ELT(1 + n % 3, 'low', 'medium', 'high'),
    @today + INTERVAL FLOOR(n * 180 / 280) - 60 DAY + INTERVAL 8 * 60 + (n * 35) % 600 DIV 5 * 5 MINUTE,
    IF(n % 11 = 0, NULL,
        @today + INTERVAL FLOOR(n * 180 / 280) - 60 DAY
            + INTERVAL 8 * 60 + (n * 35) % 600 DIV 5 * 5 + ELT(1 + n % 4, 15, 30, 60, 90) MINUTE),
    IF(n % 7 = 0, NULL, ELT(1 + n % 8, 'Petra Weber', 'Urs Bürgi', 'Jane Smith', 'Pavel Novák', 'Liv Ødegård',
        'Agnieszka Wójcik', 'Chloé Dupont', 'Loriot')),
    IF(n % 7 = 0 OR n % 10 = 3, NULL, CONCAT(ELT(1 + n % 8, 'petra', 'urs', 'jane', 'pavel', 'liv',
        'agnieszka', 'chloe', 'loriot'), n % 40, '@customer.example')),
    IF(n % 4 = 0, CONCAT('+49 30 555 ', LPAD(n, 4, '0')), NULL),
    IF(n % 5 = 0, CONCAT('Customer no. ', 10000 + n * 37), NULL),
    IF(n % 10 = 9, NULL, 1 + n % 6)
FROM numbers;
