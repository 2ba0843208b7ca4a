//! What all workers share.

use std::sync::Arc;

use actix_web::http::Method;
use arc_swap::ArcSwap;
use wazo_auth_plugin_host::Registry;
use wazo_auth_services::{Configuration, Services};

use crate::{
    document::Told,
    families::family,
    resources,
    routes::{Access, Answer, Bodies, Endpoint, Handler, RouteError, RouteTable},
    settings::Settings,
};

/// The HTTP application.
pub struct App {
    /// The services behind it.
    pub(crate) services: Arc<Services>,
    /// The configuration, as administrators see it.
    pub(crate) configuration: Configuration,
    /// What it says about HTTP.
    pub(crate) settings: Settings,
    routes: ArcSwap<RouteTable>,
}

impl App {
    /// An application with the routes of the daemon and of the started plugins.
    #[must_use]
    pub fn new(
        services: Arc<Services>,
        plugins: &Registry,
        configuration: Configuration,
        settings: Settings,
    ) -> Arc<Self> {
        let mut table = RouteTable::default();
        let mut routes = Routes::new(&mut table, &settings.disabled_families);
        resources::mount(&mut routes);
        for entry in plugins.started_external_auth() {
            resources::plugin::mount(&mut routes, &entry);
        }
        Arc::new(Self {
            services,
            configuration,
            settings,
            routes: ArcSwap::from_pointee(table),
        })
    }

    /// The routes as they are now.
    pub(crate) fn routes(&self) -> Arc<RouteTable> {
        self.routes.load_full()
    }

    /// Every endpoint there is.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.routes().endpoints()
    }
}

/// Adds routes to a table.
pub(crate) struct Routes<'a> {
    table: &'a mut RouteTable,
    disabled_families: &'a [String],
}

/// The check in front of a route.
pub(crate) fn acl(template: &str) -> Access {
    Access::Token(template.to_owned())
}

/// The check in front of a route that concerns the whole platform.
pub(crate) fn top_tenant_acl(template: &str) -> Access {
    Access::TopTenantToken(template.to_owned())
}

/// The check in front of a route that is the same for all tenants.
pub(crate) fn tenantless_acl(template: &str) -> Access {
    Access::TenantlessToken(template.to_owned())
}

/// The check in front of a route that links in mails lead to.
pub(crate) fn link_acl(template: &str) -> Access {
    Access::LinkToken(template.to_owned())
}

/// The check in front of a route whose query names what it is about.
pub(crate) fn query_acl(template: &str) -> Access {
    Access::QueryToken(template.to_owned())
}

/// Says aloud that a route asks for nothing.
pub(crate) fn public() -> Access {
    Access::Public
}

impl<'a> Routes<'a> {
    /// Adds to a table. Routes of the daemon that are of one of these families are left out.
    pub fn new(table: &'a mut RouteTable, disabled_families: &'a [String]) -> Self {
        Self {
            table,
            disabled_families,
        }
    }

    /// Adds a route of the daemon.
    pub fn add<F, A>(&mut self, method: Method, path: &str, access: Access, handler: F)
    where
        F: Fn(crate::exchange::Exchange) -> A + Send + Sync + 'static,
        A: Future<Output = Result<actix_web::HttpResponse, crate::error::ApiError>> + 'static,
    {
        let family = family(path);
        let off = |family| self.disabled_families.iter().any(|name| name == family);
        if family.is_some_and(off) {
            return;
        }
        // Credentials of services that we know nothing of.
        let bodies = match family {
            Some("external") => Bodies::Foreign,
            _ => Bodies::Known,
        };
        let handler: Handler = Box::new(move |exchange| Box::pin(handler(exchange)) as Answer);
        if let Err(error) = self.table.add(method, path, access, bodies, handler) {
            // Our own table is checked by a test that lists it.
            log::error!("a route is left out: {error}");
        }
    }

    /// Adds a route of a plugin, unless its place is taken.
    pub fn add_foreign(
        &mut self,
        method: Method,
        path: &str,
        access: Access,
        handler: Handler,
    ) -> Result<(), RouteError> {
        self.table
            .add(method, path, access, Bodies::Foreign, handler)
    }

    /// Keeps what a plugin says of one of its routes.
    pub fn tell(&mut self, told: Told) {
        self.table.tell(told);
    }
}
