//! The database of an installation, for what no endpoint does or shows.

use serde_json::{Map, Value};
use wazo_auth_database::{
    Connection, Database, DatabaseResult, Settings, Uri,
    queries::{
        email::{self, Email},
        event, group,
        policy::{self, Policy},
        refresh_token::{self, RefreshToken},
        session,
        tenant::{self, Tenant},
        token,
        user::{self, Profile},
    },
};
use wazo_auth_model::{
    ids::{EmailId, GroupId, PolicyId, RefreshTokenId, SessionId, TenantId, TokenId, UserId},
    password::{HashSettings, Scheme},
    secret::Secret,
    token::Token,
};
use wazo_auth_test_support::Installation;

/// The password of all users made here.
pub const PASSWORD: &str = "w0nder1and";

/// A database, beside the daemon that works on it.
pub struct Store(Database);

impl Store {
    /// The database of an installation.
    ///
    /// # Panics
    ///
    /// When it cannot be opened.
    #[must_use]
    pub fn of(installation: &Installation) -> Self {
        let file = installation.path("config.yml");
        let text = std::fs::read_to_string(&file).expect("an installation has a configuration");
        let uri = text
            .lines()
            .find_map(|line| line.strip_prefix("db_uri: '")?.strip_suffix('\''))
            .expect("the configuration names a database");
        let settings = Settings::new(Uri::parse(uri).expect("the daemon can read it too"), 1);
        Self(Database::open(&settings).expect("the database can be opened"))
    }

    /// Runs one transaction.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Connection) -> DatabaseResult<T> + Send + 'static,
    ) -> T {
        self.0.write(work).wait().expect("a transaction succeeds")
    }

    /// Adds a tenant below the top tenant, or below another one; answers its id.
    #[must_use]
    pub fn tenant(&self, parent: Option<&str>, slug: &str) -> String {
        let uuid = TenantId::random();
        let new = (uuid.clone(), parent.map(str::to_owned), slug.to_owned());
        self.write(move |db| {
            let (uuid, parent, slug) = new.clone();
            let parent_uuid = match parent {
                Some(parent) => TenantId::from_database(parent),
                None => tenant::find_top(db)?.uuid,
            };
            let new = Tenant {
                uuid,
                name: None,
                phone: None,
                contact_uuid: None,
                parent_uuid,
                slug,
                default_authentication_method: "native".to_owned(),
            };
            tenant::insert(db, &new)
        });
        uuid.to_string()
    }

    /// Adds a user of the top tenant, or of another one, who has the password [`PASSWORD`] and these
    /// accesses; answers its id.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[must_use]
    pub fn user(&self, tenant: Option<&str>, name: &str, acl: &[&str]) -> String {
        let uuid = UserId::random();
        let password = HashSettings {
            scheme: Scheme::Bcrypt,
            bcrypt_cost: 4,
            upgrade: false,
        }
        .hash(&Secret::new(PASSWORD), [7; 64])
        .expect("the cost is in range");
        let accesses: Vec<String> = acl.iter().map(|access| (*access).to_owned()).collect();
        let (id, name) = (uuid.clone(), name.to_owned());
        let tenant = tenant.map(|tenant| TenantId::from_database(tenant.to_owned()));
        self.write(move |db| {
            let home = match &tenant {
                Some(tenant) => tenant.clone(),
                None => tenant::find_top(db)?.uuid,
            };
            user::insert(db, &id, &home, &profile(&name), Some(&password))?;
            let policy = Policy {
                uuid: PolicyId::random(),
                name: id.to_string(),
                slug: id.to_string(),
                description: None,
                tenant_uuid: home.clone(),
                config_managed: false,
                shared: false,
                accesses: accesses.clone(),
            };
            policy::insert(db, &policy)?;
            user::add_policy(db, &id, &policy.uuid)?;
            if let Some(group) = group::find_all_users(db, &home)? {
                user::join_group(db, &id, &group)?;
            }
            Ok(())
        });
        uuid.to_string()
    }

    /// Adds a token as the daemon makes them for mails, good for one access; answers it.
    #[must_use]
    pub fn mailed_token(&self, access: &str) -> String {
        self.token_of("wazo-auth", &[access])
    }

    /// The group of all users of a tenant.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn group_of_all_users(&self, tenant: &str) -> String {
        let tenant = TenantId::from_database(tenant.to_owned());
        self.write(move |db| group::find_all_users(db, &tenant))
            .expect("a tenant has a group of all its users")
            .to_string()
    }

    /// Says whether a group is the system's, as another program could.
    pub fn set_system_managed(&self, uuid: &str, system_managed: bool) {
        let id = GroupId::from_database(uuid.to_owned());
        self.write(move |db| group::set_system_managed(db, &id, system_managed));
    }

    /// Gives a policy to a group, whatever tenants they are of, as another program could.
    pub fn give(&self, group: &str, policy: &PolicyId) {
        let (group, policy) = (GroupId::from_database(group.to_owned()), policy.clone());
        self.write(move |db| group::add_policy(db, &group, &policy));
    }

    /// Gives a policy to a user, whatever tenants they are of, as another program could.
    pub fn hold(&self, user: &str, policy: &str) {
        let user = UserId::from_database(user.to_owned());
        let policy = PolicyId::from_database(policy.to_owned());
        self.write(move |db| user::add_policy(db, &user, &policy));
    }

    /// Deletes a policy as another program could.
    pub fn delete_policy(&self, uuid: &str) {
        let id = PolicyId::from_database(uuid.to_owned());
        self.write(move |db| policy::delete(db, &id));
    }

    /// Makes a user a member of a group, whatever tenants they are of, as another program could.
    pub fn join(&self, user: &str, group: &str) {
        let user = UserId::from_database(user.to_owned());
        let group = GroupId::from_database(group.to_owned());
        self.write(move |db| user::join_group(db, &user, &group));
    }

    /// Says what a user's account is for.
    pub fn set_purpose(&self, uuid: &str, name: &str, purpose: &str) {
        let profile = Profile {
            purpose: purpose.to_owned(),
            ..profile(name)
        };
        let id = UserId::from_database(uuid.to_owned());
        self.write(move |db| user::update(db, &id, &profile));
    }

    /// Adds a policy of the top tenant, or of another one, whose name is its slug; answers its id.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[must_use]
    pub fn policy(&self, tenant: Option<&str>, slug: &str, acl: &[&str]) -> PolicyId {
        let uuid = PolicyId::random();
        let (id, slug) = (uuid.clone(), slug.to_owned());
        let accesses: Vec<String> = acl.iter().map(|access| (*access).to_owned()).collect();
        let tenant = tenant.map(|tenant| TenantId::from_database(tenant.to_owned()));
        self.write(move |db| {
            let tenant_uuid = match &tenant {
                Some(tenant) => tenant.clone(),
                None => tenant::find_top(db)?.uuid,
            };
            let policy = Policy {
                uuid: id.clone(),
                name: slug.clone(),
                slug: slug.clone(),
                description: None,
                tenant_uuid,
                config_managed: false,
                shared: false,
                accesses: accesses.clone(),
            };
            policy::insert(db, &policy)
        });
        uuid
    }

    /// What is stored of a user's password.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn password_of(&self, user: &str) -> String {
        let user = UserId::from_database(user.to_owned());
        self.write(move |db| user::find_password(db, &user))
            .expect("a user has a password")
            .hash
    }

    /// Gives a user another name, and says whether it may log in.
    pub fn change_user(&self, uuid: &str, name: &str, enabled: bool) {
        let profile = Profile {
            enabled,
            ..profile(name)
        };
        let id = UserId::from_database(uuid.to_owned());
        self.write(move |db| user::update(db, &id, &profile));
    }

    /// Adds a refresh token that names a login and no user, as another program could; answers it.
    #[must_use]
    pub fn refresh_token_of_login(&self, login: &str, client_id: &str) -> String {
        let uuid = RefreshTokenId::random();
        let new = RefreshToken {
            uuid: uuid.clone(),
            client_id: Some(client_id.to_owned()),
            user_uuid: None,
            backend: None,
            login: Some(login.to_owned()),
            user_agent: None,
            remote_addr: None,
            created_at: None,
            mobile: false,
            metadata: Value::Null,
        };
        self.write(move |db| refresh_token::insert(db, &new));
        uuid.expose().to_owned()
    }

    /// Adds a token that no login made and that has no end, with these accesses and without metadata;
    /// answers it.
    #[must_use]
    pub fn token_of(&self, auth_id: &str, acl: &[&str]) -> String {
        let (uuid, session_uuid) = (TokenId::random(), SessionId::random());
        let new = Token {
            uuid: uuid.clone(),
            auth_id: auth_id.to_owned(),
            pbx_user_uuid: None,
            xivo_uuid: None,
            issued_t: Some(0),
            expire_t: None,
            metadata: Map::new(),
            session_uuid,
            user_agent: None,
            remote_addr: None,
            acl: acl.iter().map(|access| (*access).to_owned()).collect(),
        };
        self.write(move |db| {
            let tenant = tenant::find_top(db)?.uuid;
            session::insert(db, &new.session_uuid, &tenant, false)?;
            token::insert(db, &new)
        });
        uuid.expose().to_owned()
    }

    /// Adds a session whose token lives from one second since the Unix epoch to another, in the top tenant
    /// or, as another program could, in none; answers the session.
    #[must_use]
    pub fn session(&self, auth_id: &str, life: (i64, i64), has_tenant: bool) -> String {
        let session_uuid = SessionId::random();
        let new = Token {
            uuid: TokenId::random(),
            auth_id: auth_id.to_owned(),
            pbx_user_uuid: None,
            xivo_uuid: None,
            issued_t: Some(life.0),
            expire_t: Some(life.1),
            metadata: Map::new(),
            session_uuid: session_uuid.clone(),
            user_agent: None,
            remote_addr: None,
            acl: Vec::new(),
        };
        self.write(move |db| {
            let tenant = tenant::find_top(db)?.uuid;
            let mut new = new.clone();
            if has_tenant {
                let tenant = Value::from(tenant.as_str());
                new.metadata.insert("tenant_uuid".to_owned(), tenant);
            }
            session::insert(db, &new.session_uuid, &tenant, false)?;
            token::insert(db, &new)
        });
        session_uuid.to_string()
    }

    /// The id of the top tenant.
    #[must_use]
    pub fn top_tenant(&self) -> String {
        self.write(tenant::find_top).uuid.to_string()
    }

    /// How many sessions there are of an identity.
    #[must_use]
    pub fn sessions_of(&self, auth_id: &str) -> i64 {
        let auth_id = auth_id.to_owned();
        self.write(move |db| session::count_by_auth_id(db, &auth_id))
    }

    /// Gives a user an e-mail address.
    pub fn add_email(&self, user: &str, address: &str, confirmed: bool) {
        let new = Email {
            uuid: EmailId::random(),
            address: address.to_owned(),
            confirmed,
            main: false,
            user_uuid: UserId::from_database(user.to_owned()),
        };
        self.write(move |db| email::insert(db, &new));
    }

    /// Deletes a user as another program could, and nothing else.
    pub fn delete_user(&self, uuid: &str) {
        let id = UserId::from_database(uuid.to_owned());
        self.write(move |db| user::delete(db, &id));
    }

    /// Gives a user an authentication method of its own.
    pub fn set_method(&self, uuid: &str, method: &str) {
        let (id, method) = (UserId::from_database(uuid.to_owned()), method.to_owned());
        self.write(move |db| user::set_authentication_method(db, &id, &method));
    }

    /// The events that wait, as name and what subscribers are told.
    #[must_use]
    pub fn events(&self) -> Vec<(String, Value)> {
        self.write(|db| event::list(db, 0, i64::MAX))
            .into_iter()
            .map(|event| (event.name, event.payload))
            .collect()
    }

    /// The events that are set aside.
    #[must_use]
    pub fn set_aside(&self) -> Vec<event::SetAside> {
        self.write(|db| event::list_set_aside(db, i64::MAX))
    }

    /// The names of the events that wait behind the first `known` ones.
    #[must_use]
    pub fn news(&self, known: usize) -> Vec<String> {
        let events = self.events().into_iter().skip(known);
        events.map(|(name, _)| name).collect()
    }
}

fn profile(name: &str) -> Profile {
    Profile {
        username: Some(name.to_owned()),
        firstname: None,
        lastname: None,
        purpose: "user".to_owned(),
        authentication_method: "default".to_owned(),
        enabled: true,
    }
}
