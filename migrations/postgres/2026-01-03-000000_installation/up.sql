-- What belongs to the installation as a whole: a few rows, whatever the number of users.
CREATE TABLE wazo_auth_rs_installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
-- Nothing in it is secret, and a daemon whose role may add nothing has to read it.
GRANT SELECT ON wazo_auth_rs_installation TO PUBLIC;
