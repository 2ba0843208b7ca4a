DROP TABLE wazo_auth_rs_event;
