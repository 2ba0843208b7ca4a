//! What all workers share.

use std::sync::Arc;

use actix_web::http::Method;
use arc_swap::ArcSwap;
use wazo_auth_plugin_host::Registry;
use wazo_auth_services::Services;

use crate::{
    resources,
    routes::{Access, Answer, Endpoint, Handler, RouteError, RouteTable},
};

/// The HTTP application.
pub struct App {
    /// The services behind it.
    pub(crate) services: Arc<Services>,
    routes: ArcSwap<RouteTable>,
}

impl App {
    /// An application with the routes of the daemon and of the started plugins.
    #[must_use]
    pub fn new(services: Arc<Services>, plugins: &Registry) -> Arc<Self> {
        let mut table = RouteTable::default();
        resources::mount(&mut Routes(&mut table));
        for entry in plugins.started_external_auth() {
            resources::plugin::mount(&mut Routes(&mut table), &entry);
        }
        Arc::new(Self {
            services,
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
pub(crate) struct Routes<'a>(&'a mut RouteTable);

/// The check in front of a route.
pub(crate) fn acl(template: &str) -> Access {
    Access::Token(template.to_owned())
}

/// Says aloud that a route asks for nothing.
pub(crate) fn public() -> Access {
    Access::Public
}

impl Routes<'_> {
    /// Adds a route of the daemon.
    pub fn add<F, A>(&mut self, method: Method, path: &str, access: Access, handler: F)
    where
        F: Fn(crate::exchange::Exchange) -> A + Send + Sync + 'static,
        A: Future<Output = Result<actix_web::HttpResponse, crate::error::ApiError>> + 'static,
    {
        let handler: Handler = Box::new(move |exchange| Box::pin(handler(exchange)) as Answer);
        if let Err(error) = self.try_add(method, path, access, handler) {
            // Our own table is checked by a test that lists it.
            log::error!("a route is left out: {error}");
        }
    }

    /// Adds a route, unless its place is taken.
    pub fn try_add(
        &mut self,
        method: Method,
        path: &str,
        access: Access,
        handler: Handler,
    ) -> Result<(), RouteError> {
        self.0.add(method, path, access, handler)
    }
}
