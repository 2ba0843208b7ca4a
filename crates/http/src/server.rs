//! The HTTP server: connections, and what the library is told about them.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_http::HttpService;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    App as ActixApp,
    dev::{AppConfig, Server},
    rt::net::TcpStream,
};

use crate::{app::App, dispatch::configure, wire::Wire};

/// How long a connection without a request is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long a client has to close its side of a connection that has ended.
const DISCONNECT: Duration = Duration::from_secs(1);
/// How long connections have to end when the server stops, in seconds. The daemon itself waits for less.
const SHUTDOWN_TIMEOUT: u64 = 2;

/// The address of ours that a client has connected to.
#[derive(Debug, Clone, Copy)]
pub struct LocalAddress(pub SocketAddr);

/// Serves until it is told to stop. Signals are the caller's business.
///
/// # Errors
///
/// When the system refuses.
pub fn serve(listener: TcpListener, app: Arc<App>) -> io::Result<Server> {
    let builder = Server::build()
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_TIMEOUT);
    let stopping = builder.graceful_shutdown_signal();
    let factory = move || {
        let stopping = stopping.clone();
        let application = ActixApp::new()
            .configure(configure(Arc::clone(&app)))
            .into_factory()
            .map_err(|error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_disconnect_timeout(DISCONNECT)
            .on_connect_ext(|wire: &Wire, data| {
                if let Ok(address) = wire.local_addr() {
                    data.insert(LocalAddress(address));
                }
            })
            .h1(map_config(application, |()| AppConfig::default()));
        fn_service(|stream: TcpStream| async move {
            let peer = stream.peer_addr().ok();
            Ok((Wire::new(stream), peer))
        })
        .and_then(http)
    };
    Ok(builder.listen("http", listener, factory)?.run())
}
