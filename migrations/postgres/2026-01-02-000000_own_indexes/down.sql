DROP INDEX IF EXISTS wazo_auth_rs_token_expire_t;
DROP INDEX IF EXISTS wazo_auth_rs_token_auth_id;
DROP INDEX IF EXISTS wazo_auth_rs_token_refresh_token_uuid;
DROP INDEX IF EXISTS wazo_auth_rs_user_group_user_uuid;
DROP INDEX IF EXISTS wazo_auth_rs_user_policy_policy_uuid;
DROP INDEX IF EXISTS wazo_auth_rs_group_policy_policy_uuid;
