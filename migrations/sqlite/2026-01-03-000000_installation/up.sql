-- What belongs to the installation as a whole: a few rows, whatever the number of users.
CREATE TABLE wazo_auth_rs_installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
