//! Fills a database with as many rows as a large installation has. The rows are made inside the
//! database, by statements that both engines understand.

use diesel::connection::SimpleConnection;
use wazo_auth_database::{Database, DatabaseError, DatabaseResult};

/// How many rows one statement makes: far below the time that a statement may take.
const AT_ONCE: u64 = 10_000;
/// The second at which one token of a hundred is dead, since the Unix epoch.
pub const NOW: i64 = 1_800_000_000;

/// As long as the hash of a password is; nothing that anybody could log in with.
const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\
                    00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// How many rows there are to be.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    /// Tenants, beside the top tenant.
    pub tenants: u64,
    /// Users, each with an e-mail address and a refresh token.
    pub users: u64,
    /// Tokens, each with its session.
    pub tokens: u64,
}

/// A large installation.
pub const LARGE: Numbers = Numbers {
    tenants: 5_000,
    users: 100_000,
    tokens: 1_000_000,
};

/// The id of the row with this number. What comes first makes neighbours strangers, as random ids do.
pub fn id(kind: u8, number: u64) -> String {
    let stranger = number * 48_271 % 99_999_989;
    format!("{stranger:08}-0000-4000-800{kind}-{number:012}")
}

/// The same in SQL.
fn sql_id(kind: u8, number: &str) -> String {
    format!(
        "(substr(CAST(100000000 + ({number}) * 48271 % 99999989 AS TEXT), 2) || '-0000-4000-800{kind}-'
          || substr(CAST(1000000000000 + {number} AS TEXT), 2))"
    )
}

/// Kinds of ids.
pub const TENANT: u8 = 1;
/// Users.
pub const USER: u8 = 2;
/// Tokens.
pub const TOKEN: u8 = 3;
/// Sessions.
pub const SESSION: u8 = 4;
/// Refresh tokens.
pub const REFRESH_TOKEN: u8 = 5;

/// The number of the tenant with most users, and most tenants below it.
pub const BIG_TENANT: u64 = 1;

/// Makes all rows, and what the engines know of their distribution. Tells how far it is.
pub fn fill(
    database: &Database,
    numbers: Numbers,
    mut progress: impl FnMut(&'static str, u64, u64),
) -> DatabaseResult<()> {
    let Numbers {
        tenants,
        users,
        tokens,
    } = numbers;
    let run = |statement: String| -> DatabaseResult<()> {
        database
            .write(move |db| Ok::<_, DatabaseError>(db.batch_execute(&statement)?))
            .wait()
    };
    // One in ten is below the top tenant, the others are below these.
    let upper = (tenants / 10).max(1);
    let steps: [(&'static str, u64, Vec<String>); 5] = [
        ("tenants below the top", upper, vec![tenant(upper)]),
        ("tenants", tenants, vec![tenant(upper), domain()]),
        ("users", users, vec![user(tenants), email()]),
        ("refresh tokens", users, vec![refresh_token()]),
        ("tokens", tokens, vec![session(tenants), token(users)]),
    ];
    for (what, count, statements) in steps {
        let mut made = if what == "tenants" { upper } else { 0 };
        while made < count {
            let until = count.min(made + AT_ONCE);
            for statement in &statements {
                run(numbered(made + 1, until, statement))?;
            }
            made = until;
            progress(what, made, count);
        }
    }
    run("ANALYZE".to_owned())
}

/// Runs an INSERT … SELECT for the numbers `n.i` of a range.
pub fn numbered(from: u64, until: u64, statement: &str) -> String {
    format!(
        "WITH RECURSIVE n (i) AS (
             SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {until}
         ) {statement}"
    )
}

fn tenant(upper: u64) -> String {
    let (own, parent) = (
        sql_id(TENANT, "n.i"),
        sql_id(
            TENANT,
            // A fifth of them is below one.
            &format!("(CASE WHEN n.i % 5 = 0 THEN {BIG_TENANT} ELSE n.i % {upper} + 1 END)"),
        ),
    );
    format!(
        "INSERT INTO auth_tenant (uuid, name, slug, parent_uuid)
         SELECT {own}, 'tenant ' || n.i, 't' || n.i,
                CASE WHEN n.i <= {upper} THEN top.uuid ELSE {parent} END
         FROM n CROSS JOIN auth_tenant AS top WHERE top.uuid = top.parent_uuid"
    )
}

fn domain() -> String {
    format!(
        "INSERT INTO auth_tenant_domain (tenant_uuid, name)
         SELECT {}, 'tenant' || n.i || '.example.com' FROM n WHERE n.i % 3 = 0",
        sql_id(TENANT, "n.i")
    )
}

/// Users, for [`numbered`].
pub fn user(tenants: u64) -> String {
    // One tenant has a fifth of all users.
    let number = format!("(CASE WHEN n.i % 5 = 0 THEN {BIG_TENANT} ELSE n.i % {tenants} + 1 END)");
    let (own, tenant) = (sql_id(USER, "n.i"), sql_id(TENANT, &number));
    format!(
        "INSERT INTO auth_user (uuid, username, firstname, lastname, enabled, tenant_uuid, purpose,
                                password_hash)
         SELECT {own}, 'user' || n.i,
                CASE n.i % 7 WHEN 0 THEN 'Ada' WHEN 1 THEN 'Élodie' WHEN 2 THEN 'Grace'
                             WHEN 3 THEN 'Jean-Baptiste' WHEN 4 THEN 'Noémie' ELSE 'first' END,
                CASE WHEN n.i % 9 <> 0 THEN 'Family ' || (n.i * 7919 % 4999) END,
                TRUE, {tenant}, 'user', '{HASH}' FROM n"
    )
}

/// Their e-mail addresses, for [`numbered`].
pub fn email() -> String {
    format!(
        "INSERT INTO auth_email (address, confirmed, main, user_uuid)
         SELECT 'user' || n.i || '@example.com', TRUE, TRUE, {} FROM n",
        sql_id(USER, "n.i")
    )
}

fn refresh_token() -> String {
    format!(
        "INSERT INTO auth_refresh_token (uuid, client_id, user_uuid, mobile)
         SELECT {}, 'client ' || (n.i % 10), {}, FALSE FROM n",
        sql_id(REFRESH_TOKEN, "n.i"),
        sql_id(USER, "n.i")
    )
}

/// Sessions, for [`numbered`].
pub fn session(tenants: u64) -> String {
    let (own, tenant) = (
        sql_id(SESSION, "n.i"),
        sql_id(TENANT, &format!("(n.i % {tenants} + 1)")),
    );
    format!(
        "INSERT INTO auth_session (uuid, mobile, tenant_uuid) SELECT {own}, FALSE, {tenant} FROM n"
    )
}

/// Tokens of these sessions, for [`numbered`]. A tenth of them came of a refresh token.
pub fn token(users: u64) -> String {
    let user = format!("(n.i % {users} + 1)");
    format!(
        "INSERT INTO auth_token (uuid, auth_id, issued_t, expire_t, metadata, session_uuid,
                                 user_agent, remote_addr, refresh_token_uuid)
         SELECT {}, {}, {NOW} - 72, {NOW} - 72 + n.i % 7200, '{{}}', {}, 'client', '192.0.2.1',
                CASE WHEN n.i % 10 = 0 THEN {} END
         FROM n",
        sql_id(TOKEN, "n.i"),
        sql_id(USER, &user),
        sql_id(SESSION, "n.i"),
        sql_id(REFRESH_TOKEN, &user)
    )
}
