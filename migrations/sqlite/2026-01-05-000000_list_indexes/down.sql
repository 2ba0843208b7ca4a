DROP INDEX IF EXISTS wazo_auth_rs_user_username;
DROP INDEX IF EXISTS wazo_auth_rs_user_firstname;
DROP INDEX IF EXISTS wazo_auth_rs_user_lastname;
DROP INDEX IF EXISTS wazo_auth_rs_user_search;
DROP INDEX IF EXISTS wazo_auth_rs_email_search;
