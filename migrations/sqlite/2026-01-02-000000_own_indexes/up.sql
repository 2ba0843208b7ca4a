-- Indexes for what every login, purge and deletion looks up and the schema has none for.
CREATE INDEX IF NOT EXISTS wazo_auth_rs_token_expire_t ON auth_token (expire_t);
CREATE INDEX IF NOT EXISTS wazo_auth_rs_token_auth_id ON auth_token (auth_id);
CREATE INDEX IF NOT EXISTS wazo_auth_rs_token_refresh_token_uuid ON auth_token (refresh_token_uuid);
CREATE INDEX IF NOT EXISTS wazo_auth_rs_user_group_user_uuid ON auth_user_group (user_uuid);
CREATE INDEX IF NOT EXISTS wazo_auth_rs_user_policy_policy_uuid ON auth_user_policy (policy_uuid);
CREATE INDEX IF NOT EXISTS wazo_auth_rs_group_policy_policy_uuid ON auth_group_policy (policy_uuid);
