-- Sessions of which it was told that they end soon, so that it is told once. They are named without a
-- reference: another program may delete them without looking here.
CREATE TABLE wazo_auth_rs_expire_soon (
    session_uuid TEXT NOT NULL PRIMARY KEY,
    expire_t INTEGER NOT NULL
);
