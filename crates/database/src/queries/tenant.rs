//! Tenants and their tree.
//!
//! The top tenant is its own parent. Rows may be written by other programs too, so a walk through the
//! tree ends even where parents form a ring.

use std::collections::HashMap;

use diesel::{
    dsl::{exists, not},
    prelude::*,
    select,
};
use wazo_auth_model::ids::{TenantId, UserId};

use crate::{
    connection::{Connection, MultiBackend},
    constraint::Constraint,
    error::{DatabaseError, DatabaseResult},
    functions::ILikeMethod,
    queries::{
        list::{MANY, Page, Paging},
        parent::{Parent, name_missing},
        scope::{Below, Scope, is_at_or_above},
    },
    schema::{auth_tenant, auth_tenant_domain},
};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub uuid: TenantId,
    /// What people call it; not unique.
    pub name: Option<String>,
    /// A telephone number, as free text.
    pub phone: Option<String>,
    /// The user to ask, of any tenant.
    pub contact_uuid: Option<UserId>,
    /// The tenant that it is below; itself for the top tenant.
    pub parent_uuid: TenantId,
    /// Its short name, unique in this case of letters; some rows have an empty one.
    pub slug: String,
    /// The method of users that have none of their own.
    pub default_authentication_method: String,
}

/// What can be changed of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What people call it.
    pub name: Option<String>,
    /// A telephone number, as free text.
    pub phone: Option<String>,
    /// The user to ask, of any tenant.
    pub contact_uuid: Option<UserId>,
    /// The method of users that have none of their own.
    pub default_authentication_method: String,
}

/// Which tenants are meant: those for which all of this holds. Texts are compared exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The one with this id.
    pub uuid: Option<String>,
    /// Those with one of these ids.
    pub uuids: Option<Vec<String>>,
    /// Those with this name.
    pub name: Option<String>,
    /// The one with this slug.
    pub slug: Option<String>,
    /// The one with this domain name.
    pub domain_name: Option<String>,
}

/// What tenants can be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Their name.
    #[default]
    Name,
    /// Their slug.
    Slug,
}

/// What came of deleting a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone, with everything in it.
    Done,
    /// There is none.
    Unknown,
    /// It stays, since other tenants are below it.
    HasChildren,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_tenant, treat_none_as_default_value = false)]
pub(super) struct Row {
    uuid: String,
    name: Option<String>,
    phone: Option<String>,
    contact_uuid: Option<String>,
    parent_uuid: String,
    slug: String,
    default_authentication_method: String,
}

impl From<Row> for Tenant {
    fn from(row: Row) -> Self {
        Self {
            uuid: TenantId::from_database(row.uuid),
            name: row.name,
            phone: row.phone,
            contact_uuid: row.contact_uuid.map(UserId::from_database),
            parent_uuid: TenantId::from_database(row.parent_uuid),
            slug: row.slug,
            default_authentication_method: row.default_authentication_method,
        }
    }
}

type Query<'a> = auth_tenant::BoxedQuery<'a, MultiBackend>;

/// The top tenant, which is its own parent.
///
/// # Errors
///
/// Also when there is none.
pub fn find_top(db: &mut Connection) -> DatabaseResult<Tenant> {
    auth_tenant::table
        .filter(auth_tenant::uuid.eq(auth_tenant::parent_uuid))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Tenant::from)
        .ok_or_else(|| DatabaseError::Damaged("there is no top tenant".to_owned()))
}

/// The ids of all tenants, also of those that hang nowhere.
pub fn list_ids(db: &mut Connection) -> DatabaseResult<Vec<TenantId>> {
    let ids: Vec<String> = auth_tenant::table
        .order(auth_tenant::uuid)
        .select(auth_tenant::uuid)
        .load(db)?;
    Ok(ids.into_iter().map(TenantId::from_database).collect())
}

/// Those of some tenants that are there.
pub fn retain_known(db: &mut Connection, tenants: &[TenantId]) -> DatabaseResult<Vec<TenantId>> {
    let mut known = Vec::new();
    for some in tenants.chunks(MANY) {
        let ids: Vec<String> = auth_tenant::table
            .filter(auth_tenant::uuid.eq_any(some.iter().map(TenantId::as_str)))
            .order(auth_tenant::uuid)
            .select(auth_tenant::uuid)
            .load(db)?;
        known.extend(ids.into_iter().map(TenantId::from_database));
    }
    Ok(known)
}

/// The tenant with this id.
pub fn find(db: &mut Connection, uuid: &TenantId) -> DatabaseResult<Option<Tenant>> {
    Ok(auth_tenant::table
        .find(uuid.as_str())
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Tenant::from))
}

/// The tenant with this id, if it is in `scope`.
pub fn find_within(
    db: &mut Connection,
    scope: &Scope,
    uuid: &TenantId,
) -> DatabaseResult<Option<Tenant>> {
    // From the one tenant up is a shorter way than from the scope down to all.
    let visible = match scope {
        Scope::All => true,
        Scope::Tenant(only) => only == uuid,
        Scope::Subtree(top) => is_visible_from(db, top, uuid.as_str())?,
    };
    if visible { find(db, uuid) } else { Ok(None) }
}

/// The tenant with this id or, failing that, this slug.
pub fn find_by_uuid_or_slug(db: &mut Connection, name: &str) -> DatabaseResult<Option<Tenant>> {
    Ok(auth_tenant::table
        .filter(auth_tenant::uuid.eq(name).or(auth_tenant::slug.eq(name)))
        // An id beats a slug of the same text.
        .order(auth_tenant::uuid.ne(name))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Tenant::from))
}

/// Whether `tenant` exists and is `scope` or below it. Everything is below the top tenant.
pub fn is_visible_from(
    db: &mut Connection,
    scope: &TenantId,
    tenant: &str,
) -> DatabaseResult<bool> {
    let above = auth_tenant::table
        .filter(auth_tenant::uuid.eq(scope.as_str()))
        .filter(
            auth_tenant::uuid
                .eq(auth_tenant::parent_uuid)
                .or(is_at_or_above(auth_tenant::uuid, tenant)),
        );
    Ok(select(exists(auth_tenant::table.find(tenant)).and(exists(above))).get_result(db)?)
}

/// The ids of a tenant and of all those below it, in no order; none when it does not exist. For
/// queries, [`Scope::Subtree`] does without them.
pub fn subtree(db: &mut Connection, top: &TenantId) -> DatabaseResult<Vec<TenantId>> {
    let ids: Vec<String> = Below::new(top).load(db)?;
    Ok(ids.into_iter().map(TenantId::from_database).collect())
}

/// The ids of the tenants above one, its parent first, the top tenant last.
pub fn ancestors(db: &mut Connection, tenant: &TenantId) -> DatabaseResult<Vec<TenantId>> {
    let rows: Vec<(String, String)> = auth_tenant::table
        .filter(is_at_or_above(auth_tenant::uuid, tenant.as_str()))
        .select((auth_tenant::uuid, auth_tenant::parent_uuid))
        .load(db)?;
    let mut parents: HashMap<String, String> = rows.into_iter().collect();
    let mut above = Vec::new();
    let mut at = tenant.as_str().to_owned();
    // What was passed is taken out, which ends the walk at the top and in a ring.
    while let Some(parent) = parents.remove(&at) {
        if parents.contains_key(&parent) {
            above.push(TenantId::from_database(parent.clone()));
        }
        at = parent;
    }
    Ok(above)
}

/// The tenants of a scope that fit a filter and a search in their names, slugs and domain names: the
/// wanted part of them, and how many there are.
pub fn page(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Page<Tenant>> {
    let total = count(db, scope, &Filter::default(), None)?;
    let search = paging.search.as_deref();
    let filtered = if search.is_none() && *filter == Filter::default() {
        total
    } else {
        count(db, scope, filter, search)?
    };
    let items = if paging.offset() >= filtered {
        Vec::new()
    } else {
        list(db, scope, filter, paging)?
    };
    Ok(Page {
        items,
        total,
        filtered,
    })
}

/// The tenants that [`page`] finds, without their numbers.
pub fn list(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging<Order>,
) -> DatabaseResult<Vec<Tenant>> {
    let tenants = matching(scope, filter, paging.search.as_deref());
    let tenants = match paging.order {
        Order::Name => tenants.order(paging.by(auth_tenant::name)),
        Order::Slug => tenants.order(paging.by(auth_tenant::slug)),
    };
    let rows: Vec<Row> = tenants
        .then_order_by(paging.ties_by(auth_tenant::uuid))
        .limit(paging.limit())
        .offset(paging.offset())
        .select(Row::as_select())
        .load(db)?;
    Ok(rows.into_iter().map(Tenant::from).collect())
}

/// How many tenants [`list`] would find without paging.
pub fn count(
    db: &mut Connection,
    scope: &Scope,
    filter: &Filter,
    search: Option<&str>,
) -> DatabaseResult<i64> {
    Ok(matching(scope, filter, search).count().get_result(db)?)
}

fn matching<'a>(scope: &Scope, filter: &'a Filter, search: Option<&str>) -> Query<'a> {
    let mut tenants = auth_tenant::table
        .filter(scope.covers(auth_tenant::uuid))
        .into_boxed();
    if let Some(uuid) = &filter.uuid {
        tenants = tenants.filter(auth_tenant::uuid.eq(uuid));
    }
    if let Some(uuids) = &filter.uuids {
        tenants = tenants.filter(auth_tenant::uuid.eq_any(uuids));
    }
    if let Some(name) = &filter.name {
        tenants = tenants.filter(auth_tenant::name.eq(name));
    }
    if let Some(slug) = &filter.slug {
        tenants = tenants.filter(auth_tenant::slug.eq(slug));
    }
    let domains =
        auth_tenant_domain::table.filter(auth_tenant_domain::tenant_uuid.eq(auth_tenant::uuid));
    if let Some(name) = &filter.domain_name {
        tenants = tenants.filter(exists(domains.filter(auth_tenant_domain::name.eq(name))));
    }
    if let Some(search) = search {
        let pattern = wazo_auth_model::search::pattern(search);
        tenants = tenants.filter(
            auth_tenant::name
                .matches(&pattern)
                .or(auth_tenant::slug.matches(&pattern))
                .or(exists(domains.filter(auth_tenant_domain::name.matches(&pattern))).nullable()),
        );
    }
    tenants
}

/// Whether a tenant has this slug, in this case of letters.
pub fn is_slug_taken(db: &mut Connection, slug: &str) -> DatabaseResult<bool> {
    Ok(select(exists(
        auth_tenant::table.filter(auth_tenant::slug.eq(slug)),
    ))
    .get_result(db)?)
}

/// Adds a tenant.
///
/// # Errors
///
/// Breaks [`Constraint::Tenant`] or [`Constraint::TenantSlug`] when another one has its id or slug,
/// [`Constraint::TenantContact`] or [`Constraint::TenantParent`] when there is no such user or tenant.
pub fn insert(db: &mut Connection, new: &Tenant) -> DatabaseResult<()> {
    let inserted = diesel::insert_into(auth_tenant::table)
        .values(Row {
            uuid: new.uuid.as_str().to_owned(),
            name: new.name.clone(),
            phone: new.phone.clone(),
            contact_uuid: new
                .contact_uuid
                .as_ref()
                .map(|user| user.as_str().to_owned()),
            parent_uuid: new.parent_uuid.as_str().to_owned(),
            slug: new.slug.clone(),
            default_authentication_method: new.default_authentication_method.clone(),
        })
        .execute(db);
    let parent = Parent::Tenant(new.parent_uuid.as_str());
    let contact = new.contact_uuid.as_ref().map(UserId::as_str);
    let mut parents = vec![(parent, Constraint::TenantParent)];
    parents.extend(contact.map(|user| (Parent::User(user), Constraint::TenantContact)));
    name_missing(db, inserted, &parents)?;
    Ok(())
}

/// Changes a tenant; what is none becomes empty. Answers the tenant as it is now, if there is one.
///
/// # Errors
///
/// Breaks [`Constraint::TenantContact`] when the contact is no user.
pub fn update(
    db: &mut Connection,
    uuid: &TenantId,
    changes: &Changes,
) -> DatabaseResult<Option<Tenant>> {
    let contact = changes.contact_uuid.as_ref().map(UserId::as_str);
    let updated = diesel::update(auth_tenant::table.find(uuid.as_str()))
        .set((
            auth_tenant::name.eq(&changes.name),
            auth_tenant::phone.eq(&changes.phone),
            auth_tenant::contact_uuid.eq(contact),
            auth_tenant::default_authentication_method.eq(&changes.default_authentication_method),
        ))
        .returning(auth_tenant::all_columns)
        .get_result::<Row>(db)
        .optional();
    let parents: Vec<_> = contact
        .map(|user| (Parent::User(user), Constraint::TenantContact))
        .into_iter()
        .collect();
    Ok(name_missing(db, updated, &parents)?.map(Tenant::from))
}

/// Moves a tenant, with all that is below it, below another one. Answers whether it did: not when the
/// new parent is the tenant itself or below it, and not when one of the two does not exist.
pub fn update_parent(
    db: &mut Connection,
    uuid: &TenantId,
    parent: &TenantId,
) -> DatabaseResult<bool> {
    lock_tree(db)?;
    if find(db, parent)?.is_none() || is_visible_from(db, uuid, parent.as_str())? {
        return Ok(false);
    }
    let changed = diesel::update(auth_tenant::table.find(uuid.as_str()))
        .set(auth_tenant::parent_uuid.eq(parent.as_str()))
        .execute(db)?;
    Ok(changed > 0)
}

/// Keeps the tree as it is until the transaction ends. Two moves at once could each be right and together
/// make a ring: one waits for the other's end, at the row of the top tenant. SQLite has one writer
/// anyway.
pub fn lock_tree(db: &mut Connection) -> DatabaseResult<()> {
    if let Connection::Postgres(db) = db {
        auth_tenant::table
            .filter(auth_tenant::uuid.eq(auth_tenant::parent_uuid))
            .select(auth_tenant::uuid)
            .for_no_key_update()
            .load::<String>(db)?;
    }
    Ok(())
}

/// Deletes a tenant with everything in it, unless tenants are below it.
///
/// # Errors
///
/// Breaks [`Constraint::TenantParent`] when a tenant came below it since the look.
pub fn delete(db: &mut Connection, uuid: &TenantId) -> DatabaseResult<Deletion> {
    if has_children(db, uuid)? {
        return Ok(Deletion::HasChildren);
    }
    Ok(
        match diesel::delete(auth_tenant::table.find(uuid.as_str())).execute(db)? {
            0 => Deletion::Unknown,
            _ => Deletion::Done,
        },
    )
}

fn has_children(db: &mut Connection, uuid: &TenantId) -> DatabaseResult<bool> {
    Ok(select(exists(
        auth_tenant::table
            .filter(auth_tenant::parent_uuid.eq(uuid.as_str()))
            .filter(not(auth_tenant::uuid.eq(uuid.as_str()))),
    ))
    .get_result(db)?)
}
