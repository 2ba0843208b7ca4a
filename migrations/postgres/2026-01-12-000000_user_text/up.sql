-- What a search among many users compares, in one row for each user: all names and e-mail addresses, in
-- lower case and each with its end marked, beside what lists are ordered by. Two indexes for searches
-- give way to it. What is compared comes first: PostgreSQL takes rows apart from there.
CREATE TABLE wazo_auth_rs_user_text (
    folded TEXT NOT NULL,
    uuid VARCHAR(38) NOT NULL PRIMARY KEY,
    tenant_uuid VARCHAR(38) NOT NULL,
    username VARCHAR(256),
    firstname TEXT,
    lastname TEXT
) WITH (fillfactor = 90);

-- One field. The character that ends it is in none: what is one is written as its neighbour.
CREATE FUNCTION wazo_auth_rs_user_text_field(field TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE
AS $$ SELECT lower(translate(field, chr(31), chr(30))) || chr(31) $$;

-- Writes the rows of some users anew. Their rows are locked first: of two who change addresses of a user
-- at once, the second then sees what the first has written. Whoever comes here has locked what it
-- changed, so nobody waits who would not wait anyway.
CREATE FUNCTION wazo_auth_rs_user_text_renew(users VARCHAR[]) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM wazo_auth_rs_user_text WHERE uuid = ANY (users)
        ORDER BY uuid FOR NO KEY UPDATE;
    INSERT INTO wazo_auth_rs_user_text (uuid, tenant_uuid, username, firstname, lastname, folded)
        SELECT u.uuid, u.tenant_uuid, u.username, u.firstname, u.lastname,
               concat(wazo_auth_rs_user_text_field(u.username), wazo_auth_rs_user_text_field(u.firstname),
                      wazo_auth_rs_user_text_field(u.lastname),
                      (SELECT string_agg(wazo_auth_rs_user_text_field(e.address), '')
                       FROM auth_email AS e WHERE e.user_uuid = u.uuid))
        FROM auth_user AS u WHERE u.uuid = ANY (users)
        ON CONFLICT (uuid) DO UPDATE
        SET tenant_uuid = EXCLUDED.tenant_uuid, username = EXCLUDED.username,
            firstname = EXCLUDED.firstname, lastname = EXCLUDED.lastname, folded = EXCLUDED.folded;
END $$;

-- Whoever may write users may have this written, whatever else its role may do.
CREATE FUNCTION wazo_auth_rs_user_text_of_user() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO wazo_auth_rs_user_text (uuid, tenant_uuid, username, firstname, lastname, folded)
            SELECT uuid, tenant_uuid, username, firstname, lastname,
                   concat(wazo_auth_rs_user_text_field(username), wazo_auth_rs_user_text_field(firstname),
                          wazo_auth_rs_user_text_field(lastname))
            FROM inserted
            ON CONFLICT (uuid) DO UPDATE
            SET tenant_uuid = EXCLUDED.tenant_uuid, username = EXCLUDED.username,
                firstname = EXCLUDED.firstname, lastname = EXCLUDED.lastname, folded = EXCLUDED.folded;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.uuid <> NEW.uuid THEN
            DELETE FROM wazo_auth_rs_user_text WHERE uuid = OLD.uuid;
        END IF;
        PERFORM wazo_auth_rs_user_text_renew(ARRAY[NEW.uuid]);
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM wazo_auth_rs_user_text WHERE uuid IN (SELECT uuid FROM deleted);
    ELSE
        DELETE FROM wazo_auth_rs_user_text;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION wazo_auth_rs_user_text_of_email() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE wazo_auth_rs_user_text AS own SET folded = own.folded || added.folded
            FROM (SELECT user_uuid, string_agg(wazo_auth_rs_user_text_field(address), '') AS folded
                  FROM inserted GROUP BY user_uuid) AS added
            WHERE own.uuid = added.user_uuid;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM wazo_auth_rs_user_text_renew(ARRAY[OLD.user_uuid, NEW.user_uuid]);
    ELSIF TG_OP = 'DELETE' THEN
        -- Of users who are going, nothing is written anew.
        PERFORM wazo_auth_rs_user_text_renew(ARRAY(
            SELECT uuid FROM auth_user WHERE uuid IN (SELECT user_uuid FROM deleted)));
    ELSE
        PERFORM wazo_auth_rs_user_text_renew(ARRAY(SELECT uuid FROM auth_user));
    END IF;
    RETURN NULL;
END $$;

-- With the rights of an owner goes a fixed place to look for tables.
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION wazo_auth_rs_user_text_of_user() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION wazo_auth_rs_user_text_of_email() SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION wazo_auth_rs_user_text_renew(VARCHAR[]) FROM PUBLIC;

CREATE TRIGGER wazo_auth_rs_user_text_insert AFTER INSERT ON auth_user
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION wazo_auth_rs_user_text_of_user();
CREATE TRIGGER wazo_auth_rs_user_text_update
    AFTER UPDATE OF uuid, tenant_uuid, username, firstname, lastname ON auth_user
    FOR EACH ROW WHEN ((OLD.uuid, OLD.tenant_uuid, OLD.username, OLD.firstname, OLD.lastname)
        IS DISTINCT FROM (NEW.uuid, NEW.tenant_uuid, NEW.username, NEW.firstname, NEW.lastname))
    EXECUTE FUNCTION wazo_auth_rs_user_text_of_user();
CREATE TRIGGER wazo_auth_rs_user_text_delete AFTER DELETE ON auth_user
    REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION wazo_auth_rs_user_text_of_user();
CREATE TRIGGER wazo_auth_rs_user_text_truncate AFTER TRUNCATE ON auth_user
    FOR EACH STATEMENT EXECUTE FUNCTION wazo_auth_rs_user_text_of_user();
CREATE TRIGGER wazo_auth_rs_user_text_insert AFTER INSERT ON auth_email
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION wazo_auth_rs_user_text_of_email();
CREATE TRIGGER wazo_auth_rs_user_text_update AFTER UPDATE OF address, user_uuid ON auth_email
    FOR EACH ROW WHEN ((OLD.address, OLD.user_uuid) IS DISTINCT FROM (NEW.address, NEW.user_uuid))
    EXECUTE FUNCTION wazo_auth_rs_user_text_of_email();
CREATE TRIGGER wazo_auth_rs_user_text_delete AFTER DELETE ON auth_email
    REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION wazo_auth_rs_user_text_of_email();
CREATE TRIGGER wazo_auth_rs_user_text_truncate AFTER TRUNCATE ON auth_email
    FOR EACH STATEMENT EXECUTE FUNCTION wazo_auth_rs_user_text_of_email();

-- Nobody has written since the triggers are there.
INSERT INTO wazo_auth_rs_user_text (uuid, tenant_uuid, username, firstname, lastname, folded)
    SELECT u.uuid, u.tenant_uuid, u.username, u.firstname, u.lastname,
           concat(wazo_auth_rs_user_text_field(u.username), wazo_auth_rs_user_text_field(u.firstname),
                  wazo_auth_rs_user_text_field(u.lastname), e.folded)
    FROM auth_user AS u LEFT JOIN
         (SELECT user_uuid, string_agg(wazo_auth_rs_user_text_field(address), '') AS folded
          FROM auth_email GROUP BY user_uuid) AS e ON e.user_uuid = u.uuid;

DROP INDEX IF EXISTS wazo_auth_rs_user_search;
DROP INDEX IF EXISTS wazo_auth_rs_email_search;
DROP INDEX IF EXISTS wazo_auth_rs_email_length;
-- Nobody else would tell the planner what is in it before many rows have changed.
ANALYZE wazo_auth_rs_user_text;
