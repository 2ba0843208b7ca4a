-- Indexes for lists of users: a page in each order, and searches, without a look at the table itself.
-- An index of this kind takes no long texts, and names may be long: those of up to 300 bytes are in
-- these indexes. Lower case may be longer, by a half. IS TRUE keeps the planner from reading almost all
-- of a table in the order of the lengths.
CREATE INDEX wazo_auth_rs_user_username ON auth_user (username, uuid) INCLUDE (tenant_uuid)
    WHERE (coalesce(greatest(octet_length(username), octet_length(firstname), octet_length(lastname)), 0) <= 300) IS TRUE;
CREATE INDEX wazo_auth_rs_user_firstname ON auth_user (firstname, uuid) INCLUDE (tenant_uuid)
    WHERE (coalesce(greatest(octet_length(username), octet_length(firstname), octet_length(lastname)), 0) <= 300) IS TRUE;
CREATE INDEX wazo_auth_rs_user_lastname ON auth_user (lastname, uuid) INCLUDE (tenant_uuid)
    WHERE (coalesce(greatest(octet_length(username), octet_length(firstname), octet_length(lastname)), 0) <= 300) IS TRUE;
-- What a search compares, and the columns that it comes from: PostgreSQL asks for both.
CREATE INDEX wazo_auth_rs_user_search ON auth_user (uuid, lower(username), lower(firstname), lower(lastname))
    INCLUDE (username, firstname, lastname, tenant_uuid)
    WHERE (coalesce(greatest(octet_length(username), octet_length(firstname), octet_length(lastname)), 0) <= 300) IS TRUE;
-- Finds the users with longer names, and tells the planner how few they are.
CREATE INDEX wazo_auth_rs_user_length ON auth_user
    (coalesce(greatest(octet_length(username), octet_length(firstname), octet_length(lastname)), 0));
CREATE INDEX wazo_auth_rs_email_search ON auth_email (user_uuid, lower(address)) INCLUDE (address)
    WHERE (octet_length(address) <= 300) IS TRUE;
CREATE INDEX wazo_auth_rs_email_length ON auth_email (octet_length(address));
-- Nobody else would tell the planner what is in them before many rows have changed.
ANALYZE auth_user;
ANALYZE auth_email;
