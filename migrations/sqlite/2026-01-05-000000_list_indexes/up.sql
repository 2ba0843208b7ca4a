-- Indexes for lists of users: a page in each order, and searches, without a look at the table itself.
CREATE INDEX wazo_auth_rs_user_username ON auth_user (username, uuid, tenant_uuid);
CREATE INDEX wazo_auth_rs_user_firstname ON auth_user (firstname, uuid, tenant_uuid);
CREATE INDEX wazo_auth_rs_user_lastname ON auth_user (lastname, uuid, tenant_uuid);
CREATE INDEX wazo_auth_rs_user_search ON auth_user (uuid, username, firstname, lastname, tenant_uuid);
CREATE INDEX wazo_auth_rs_email_search ON auth_email (user_uuid, address);

-- The function lower() folds letters one by one now, as PostgreSQL does; the indexes over it follow.
REINDEX auth_user_username_key;
REINDEX auth_email_address_key;
REINDEX auth_group__idx__slug;
REINDEX auth_policy__idx__slug;
