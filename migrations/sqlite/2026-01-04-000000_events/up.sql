-- What is to be told on the bus, written with the change that it is about. Ids are in the order of the
-- changes. AUTOINCREMENT: no id comes twice, also when rows are gone.
CREATE TABLE wazo_auth_rs_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at BIGINT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    tenant_uuid TEXT NOT NULL,
    user_uuid TEXT,
    payload TEXT NOT NULL
);
