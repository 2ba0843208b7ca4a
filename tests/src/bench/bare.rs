//! The bare handler: actix-web with one route that answers 204 and does nothing else.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::Stdio,
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, rt::System, web};
use wazo_auth_test_support::process::{bound, spawn};

use crate::{Failure, daemon::Running};

/// Makes this program the bare server.
pub const WORD: &str = "bare-server";

/// The bare server, as a process of its own like the daemon.
pub struct Bare {
    _process: Running,
    address: SocketAddr,
}

impl Bare {
    /// Starts it.
    pub fn start() -> Result<Self, Failure> {
        let mut command = bound(std::env::current_exe()?);
        command
            .arg(WORD)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = Running(spawn(command));
        let stdout = process
            .0
            .stdout
            .take()
            .ok_or("the bare server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim_end()
            .parse()
            .map_err(|_| "the bare server does not say where it serves")?;
        Ok(Self {
            _process: process,
            address,
        })
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves until killed, and says first where. It has as many workers as the daemon: both leave that
/// number to actix-web.
pub fn serve() -> Result<(), Failure> {
    System::new().block_on(async {
        let server = HttpServer::new(|| {
            App::new().route("/0.1/token/{token_uuid}", web::head().to(no_content))
        })
        .keep_alive(Duration::from_secs(10))
        .bind(("127.0.0.1", 0))?;
        let addresses = server.addrs();
        let address = addresses.first().ok_or("no address to serve on")?;
        println!("{address}");
        Ok(server.run().await?)
    })
}

async fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
