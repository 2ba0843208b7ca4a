DROP TABLE wazo_auth_rs_expire_soon;
