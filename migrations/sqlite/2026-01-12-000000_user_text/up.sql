-- What a search among many users compares, in one row for each user: all names and e-mail addresses, in
-- lower case and each with its end marked, beside what lists are ordered by. Two indexes for searches
-- give way to it. The character that ends a field is in none: what is one is written as its neighbour.
CREATE TABLE wazo_auth_rs_user_text (
    uuid TEXT NOT NULL PRIMARY KEY,
    tenant_uuid TEXT NOT NULL,
    username TEXT,
    firstname TEXT,
    lastname TEXT,
    folded TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIEW wazo_auth_rs_user_text_now AS
    SELECT u.uuid, u.tenant_uuid, u.username, u.firstname, u.lastname,
           ifnull(lower(replace(u.username, char(31), char(30))) || char(31), '')
           || ifnull(lower(replace(u.firstname, char(31), char(30))) || char(31), '')
           || ifnull(lower(replace(u.lastname, char(31), char(30))) || char(31), '')
           || ifnull((SELECT group_concat(lower(replace(e.address, char(31), char(30))) || char(31), '')
                      FROM auth_email AS e WHERE e.user_uuid = u.uuid), '') AS folded
    FROM auth_user AS u;

CREATE TRIGGER wazo_auth_rs_user_text_user_insert AFTER INSERT ON auth_user BEGIN
    INSERT INTO wazo_auth_rs_user_text
        SELECT * FROM wazo_auth_rs_user_text_now WHERE uuid = NEW.uuid;
END;
CREATE TRIGGER wazo_auth_rs_user_text_user_update
AFTER UPDATE OF uuid, tenant_uuid, username, firstname, lastname ON auth_user
WHEN OLD.uuid IS NOT NEW.uuid OR OLD.tenant_uuid IS NOT NEW.tenant_uuid
    OR OLD.username IS NOT NEW.username OR OLD.firstname IS NOT NEW.firstname
    OR OLD.lastname IS NOT NEW.lastname
BEGIN
    DELETE FROM wazo_auth_rs_user_text WHERE uuid = OLD.uuid;
    INSERT INTO wazo_auth_rs_user_text
        SELECT * FROM wazo_auth_rs_user_text_now WHERE uuid = NEW.uuid;
END;
CREATE TRIGGER wazo_auth_rs_user_text_user_delete AFTER DELETE ON auth_user BEGIN
    DELETE FROM wazo_auth_rs_user_text WHERE uuid = OLD.uuid;
END;
CREATE TRIGGER wazo_auth_rs_user_text_email_insert AFTER INSERT ON auth_email BEGIN
    UPDATE wazo_auth_rs_user_text
        SET folded = folded || lower(replace(NEW.address, char(31), char(30))) || char(31)
        WHERE uuid = NEW.user_uuid;
END;
CREATE TRIGGER wazo_auth_rs_user_text_email_update AFTER UPDATE OF address, user_uuid ON auth_email
WHEN OLD.address IS NOT NEW.address OR OLD.user_uuid IS NOT NEW.user_uuid
BEGIN
    DELETE FROM wazo_auth_rs_user_text WHERE uuid IN (OLD.user_uuid, NEW.user_uuid);
    INSERT INTO wazo_auth_rs_user_text
        SELECT * FROM wazo_auth_rs_user_text_now WHERE uuid IN (OLD.user_uuid, NEW.user_uuid);
END;
CREATE TRIGGER wazo_auth_rs_user_text_email_delete AFTER DELETE ON auth_email BEGIN
    -- Of a user who is going, nothing is found.
    DELETE FROM wazo_auth_rs_user_text WHERE uuid = OLD.user_uuid;
    INSERT INTO wazo_auth_rs_user_text
        SELECT * FROM wazo_auth_rs_user_text_now WHERE uuid = OLD.user_uuid;
END;

INSERT INTO wazo_auth_rs_user_text SELECT * FROM wazo_auth_rs_user_text_now ORDER BY uuid;

DROP INDEX IF EXISTS wazo_auth_rs_user_search;
DROP INDEX IF EXISTS wazo_auth_rs_email_search;
