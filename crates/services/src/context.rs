//! What an operation works with.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use chrono::{DateTime, Utc};
use wazo_auth_database::{Database, DatabaseError, Pending, queries};
use wazo_auth_model::{ids::TenantId, token::Token};
use wazo_auth_plugin_host::{CallContext, Registry};

use crate::{
    clock::Clock,
    metadata::{self, Purposes},
    settings::Settings,
    threads::{Threads, Unserved},
};

/// Requests that may wait for a request thread.
const REQUEST_QUEUE: usize = 1024;
/// Threads for requests to plugins' own routes. They only wait: a plugin runs on threads of its entry. With
/// threads of their own, a slow service behind a plugin keeps nobody from logging in.
const PLUGIN_THREADS: usize = 64;
/// Passwords that may wait for a hashing thread.
const HASH_QUEUE: usize = 256;

/// Everything that operations share.
pub struct Services {
    /// Settings.
    pub settings: Settings,
    database: Database,
    clock: Arc<dyn Clock>,
    requests: Threads,
    plugin_requests: Threads,
    hashing: Threads,
    top_tenant: TenantId,
    xivo_uuid: String,
    // Weakly: the registry holds the host, and the host holds the services.
    plugins: OnceLock<Weak<Registry>>,
    purposes: OnceLock<Purposes>,
    told: Mutex<HashSet<String>>,
}

impl Services {
    /// Starts the threads and reads what never changes.
    ///
    /// # Errors
    ///
    /// When the database does not answer, or the system gives no threads.
    pub fn start(
        settings: Settings,
        database: Database,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, Box<dyn std::error::Error + Send + Sync>> {
        let top_tenant = database
            .read::<_, DatabaseError>(queries::tenant::find_top)
            .wait()?
            .uuid;
        let xivo_uuid = match settings.xivo_uuid.clone() {
            Some(uuid) => uuid,
            None => kept_uuid(&database),
        };
        Ok(Arc::new(Self {
            xivo_uuid,
            requests: Threads::start("request", settings.request_threads, REQUEST_QUEUE)?,
            plugin_requests: Threads::start("plugin-route", PLUGIN_THREADS, REQUEST_QUEUE)?,
            hashing: Threads::start("hash", settings.hash_threads, HASH_QUEUE)?,
            settings,
            database,
            clock,
            top_tenant,
            plugins: OnceLock::new(),
            purposes: OnceLock::new(),
            told: Mutex::default(),
        }))
    }

    /// Makes the plugins known, once they are loaded. A second time has no effect.
    pub fn set_plugins(&self, registry: &Arc<Registry>) {
        self.purposes
            .get_or_init(|| metadata::assign(&self.settings.purpose_metadata_mapping, registry));
        drop(self.plugins.set(Arc::downgrade(registry)));
    }

    /// The metadata plugins of each purpose; none before the plugins are loaded.
    pub(crate) fn purposes(&self) -> Option<&Purposes> {
        self.purposes.get()
    }

    /// The loaded plugins; `None` before they are loaded and after they have been stopped.
    #[must_use]
    pub fn plugins(&self) -> Option<Arc<Registry>> {
        self.plugins.get().and_then(Weak::upgrade)
    }

    /// The tenant above all others.
    #[must_use]
    pub fn top_tenant(&self) -> &TenantId {
        &self.top_tenant
    }

    /// The identity of the platform.
    #[must_use]
    pub fn xivo_uuid(&self) -> &str {
        &self.xivo_uuid
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether this is asked for the first time: for what the log should say once.
    pub(crate) fn is_news(&self, what: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(what.to_owned())
    }

    /// The database, for what is answered without a request thread.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Runs an operation on a request thread, with a context for it.
    ///
    /// # Errors
    ///
    /// [`Unserved`] when too many requests wait, or the operation panicked.
    pub async fn run<T, F>(self: &Arc<Self>, call: CallContext, operation: F) -> Result<T, Unserved>
    where
        T: Send + 'static,
        F: FnOnce(&Context) -> T + Send + 'static,
    {
        let context = Context::new(Arc::clone(self), call);
        run_on(&self.requests, context, operation).await
    }

    /// The same for the holder of a token: what they hand out is measured by it.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub async fn run_for<T, F>(
        self: &Arc<Self>,
        token: Option<Arc<Token>>,
        call: CallContext,
        operation: F,
    ) -> Result<T, Unserved>
    where
        T: Send + 'static,
        F: FnOnce(&Context) -> T + Send + 'static,
    {
        let context = Context {
            token,
            ..Context::new(Arc::clone(self), call)
        };
        run_on(&self.requests, context, operation).await
    }

    /// Runs what a plugin answers a request to one of its routes with, on a thread for such requests.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub async fn run_plugin<T, F>(
        self: &Arc<Self>,
        call: CallContext,
        operation: F,
    ) -> Result<T, Unserved>
    where
        T: Send + 'static,
        F: FnOnce(&Context) -> T + Send + 'static,
    {
        let context = Context::new(Arc::clone(self), call);
        run_on(&self.plugin_requests, context, operation).await
    }
}

async fn run_on<T, F>(threads: &Threads, context: Context, operation: F) -> Result<T, Unserved>
where
    T: Send + 'static,
    F: FnOnce(&Context) -> T + Send + 'static,
{
    threads
        .submit(move || operation(&context))?
        .await
        .map_err(|_| Unserved::Panicked)
}

/// An identity for a platform that was given none: made once, and kept in the database.
fn kept_uuid(database: &Database) -> String {
    let proposed = uuid::Uuid::new_v4().to_string();
    let kept = {
        let proposed = proposed.clone();
        database
            .write::<_, DatabaseError>(move |db| {
                queries::installation::find_or_insert_uuid(db, &proposed)
            })
            .wait()
    };
    match kept {
        Ok(uuid) => {
            log::warn!(
                "neither the key uuid nor XIVO_UUID gives the platform an identity: it is {uuid}, kept in the database"
            );
            uuid
        }
        Err(error) => {
            log::warn!(
                "neither the key uuid nor XIVO_UUID gives the platform an identity, and none can be kept in the database ({error}): until the next start it is {proposed}"
            );
            proposed
        }
    }
}

/// The services, bound to one request.
pub struct Context {
    services: Arc<Services>,
    call: CallContext,
    token: Option<Arc<Token>>,
}

impl Context {
    /// A context for a request that plugins will know by `call`.
    #[must_use]
    pub fn new(services: Arc<Services>, mut call: CallContext) -> Self {
        call.top_tenant_uuid = Some(services.top_tenant.to_string());
        call.xivo_uuid = Some(services.xivo_uuid.clone());
        Self {
            services,
            call,
            token: None,
        }
    }

    /// The services.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// What plugins are told of the request.
    #[must_use]
    pub fn call(&self) -> &CallContext {
        &self.call
    }

    /// The caller's token. Plugins are not told of it.
    pub(crate) fn token(&self) -> Option<Arc<Token>> {
        self.token.clone()
    }

    /// The tenant that the request acts in; `None` for what acts for the whole platform.
    #[must_use]
    pub fn scope(&self) -> Option<TenantId> {
        self.call.tenant_uuid.clone().map(TenantId::from_database)
    }

    /// Reads from one snapshot of the database. The closure may be run again.
    ///
    /// # Errors
    ///
    /// What the closure answered, or that the database is not available.
    pub fn read<T, E>(
        &self,
        work: impl FnMut(&mut wazo_auth_database::Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.services.database.read(work).wait()
    }

    /// Runs one transaction, committed when the closure succeeds. It may be run again.
    ///
    /// # Errors
    ///
    /// What the closure answered, or that the database is not available.
    pub fn transaction<T, E>(
        &self,
        work: impl FnMut(&mut wazo_auth_database::Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.services.database.write(work).wait()
    }

    /// Runs work on a password, on a hashing thread.
    ///
    /// # Errors
    ///
    /// [`Unserved`] when too many passwords wait.
    pub fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unserved> {
        self.services.hashing.run(work)
    }
}

/// Starts a read of one statement whose answer is awaited where it is needed.
pub(crate) fn read_one<T, E>(
    services: &Services,
    work: impl FnMut(&mut wazo_auth_database::Connection) -> Result<T, E> + Send + 'static,
) -> Pending<T, E>
where
    T: Send + 'static,
    E: From<DatabaseError> + Send + 'static,
{
    services.database().read_one(work)
}

/// Starts a read whose answer is awaited where it is needed.
pub(crate) fn read<T, E>(
    services: &Services,
    work: impl FnMut(&mut wazo_auth_database::Connection) -> Result<T, E> + Send + 'static,
) -> Pending<T, E>
where
    T: Send + 'static,
    E: From<DatabaseError> + Send + 'static,
{
    services.database().read(work)
}
