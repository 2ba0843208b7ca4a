//! Databases of both engines, for tests that hold on each.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "what a test needs and cannot get should stop the test, loudly"
)]

use wazo_auth_database::{Connection, Database, DatabaseError, Settings, Uri};
use wazo_auth_test_support::{Home, postgres::Server};

/// A migrated database of one engine, and a connection's threads to it.
pub struct Engine {
    /// `postgresql` or `sqlite`, for messages.
    pub name: &'static str,
    /// Where it is.
    pub uri: Uri,
    database: Option<Database>,
    _home: Option<Home>,
}

impl Engine {
    /// An empty database on the shared PostgreSQL.
    pub fn empty_postgres() -> Self {
        let server = Server::shared();
        Self::new("postgresql", &server.uri(&server.database()), None)
    }

    /// A database file that is not there yet.
    pub fn empty_sqlite() -> Self {
        let home = Home::new();
        let uri = format!("sqlite://{}", home.join("test.sqlite").display());
        Self::new("sqlite", &uri, Some(home))
    }

    fn new(name: &'static str, uri: &str, home: Option<Home>) -> Self {
        Self {
            name,
            uri: Uri::parse(uri).expect("a URI of ours is one"),
            database: None,
            _home: home,
        }
    }

    /// The same with the schema in it, ready to use.
    pub fn migrated(mut self) -> Self {
        Database::migrate(&self.uri).unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        self.database = Some(self.open());
        self
    }

    /// Opens it once more, as another daemon would.
    pub fn open(&self) -> Database {
        Database::open(&Settings::new(self.uri.clone(), 4))
            .unwrap_or_else(|error| panic!("{}: {error:?}", self.name))
    }

    /// The database.
    pub fn database(&self) -> &Database {
        self.database.as_ref().expect("it was migrated")
    }

    /// Runs one transaction.
    pub fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, DatabaseError> + Send + 'static,
    ) -> T {
        let answer = self.database().write(move |db| work(db)).wait();
        answer.unwrap_or_else(|error| panic!("{}: {error:?}", self.name))
    }
}

/// An empty, migrated database of each engine.
pub fn both() -> [Engine; 2] {
    [
        Engine::empty_sqlite().migrated(),
        Engine::empty_postgres().migrated(),
    ]
}
