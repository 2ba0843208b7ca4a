-- The triggers go with their functions.
DROP FUNCTION wazo_auth_rs_user_text_of_user() CASCADE;
DROP FUNCTION wazo_auth_rs_user_text_of_email() CASCADE;
DROP FUNCTION wazo_auth_rs_user_text_renew(VARCHAR[]);
DROP FUNCTION wazo_auth_rs_user_text_field(TEXT);
DROP TABLE wazo_auth_rs_user_text;
CREATE INDEX wazo_auth_rs_user_search ON auth_user (uuid, lower(username), lower(firstname), lower(lastname))
    INCLUDE (username, firstname, lastname, tenant_uuid)
    WHERE (coalesce(greatest(octet_length(username), octet_length(firstname), octet_length(lastname)), 0) <= 300) IS TRUE;
CREATE INDEX wazo_auth_rs_email_search ON auth_email (user_uuid, lower(address)) INCLUDE (address)
    WHERE (octet_length(address) <= 300) IS TRUE;
CREATE INDEX wazo_auth_rs_email_length ON auth_email (octet_length(address));
