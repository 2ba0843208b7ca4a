//! `wazo-auth-init-db`: makes role, database and extension on a PostgreSQL server.

use std::process::ExitCode;

/// Runs the program. An SQLite database needs no such thing, and this build serves no other.
pub fn main() -> ExitCode {
    super::fail(
        "wazo-auth-init-db is not available: this build serves SQLite only, whose file \
         wazo-auth-upgrade-db makes",
    )
}
