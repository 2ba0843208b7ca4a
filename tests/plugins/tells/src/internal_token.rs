//! The metadata plugin `internal_token`: calls the daemon back while a login is on.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
};

use wazo_auth_plugin::{
    Call, Config, Map, Metadata, PluginError, PluginResult, json,
    services::{LocalTokenRenewer, User},
};

/// Says whether a token of the daemon's own is good at the daemon, and gives refresh tokens something
/// that is like nothing else. The key `address` names a file with the daemon's address.
pub struct InternalToken {
    address: PathBuf,
    renewer: LocalTokenRenewer,
}

impl Metadata for InternalToken {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Ok(Self {
            address: config.get("address")?,
            renewer: LocalTokenRenewer::new(["tells.something.read"]),
        })
    }

    fn get_token_metadata(&self, call: &Call, login: &str, _user: &User) -> PluginResult<Map> {
        if login == "revoke" {
            self.renewer.revoke_token(call.host())?;
        }
        let token = self.renewer.get_token(call.host())?;
        let check = |access| self.check(call, token.expose(), access);
        let mut metadata = Map::from_iter([
            (
                "internal_token_is_valid".to_owned(),
                json!(check("tells.something.read")? == 204),
            ),
            (
                "internal_token_is_narrow".to_owned(),
                json!(check("tells.anything.read")? == 403),
            ),
        ]);
        if login == "show" {
            metadata.insert("internal_token".to_owned(), json!(token.expose()));
        }
        Ok(metadata)
    }

    fn get_persistent_metadata(&self, _: &Call, _: &str, _: &User) -> PluginResult<Map> {
        let random = fs::read_to_string("/proc/sys/kernel/random/uuid")?;
        Ok(Map::from_iter([(
            "persistent".to_owned(),
            json!(random.trim()),
        )]))
    }
}

impl InternalToken {
    /// The status that the daemon answers to whether the token grants `access`.
    fn check(&self, call: &Call, token: &str, access: &str) -> PluginResult<u16> {
        let address = fs::read_to_string(&self.address)?;
        let mut stream = TcpStream::connect(address.trim())?;
        stream.set_read_timeout(call.remaining())?;
        write!(
            stream,
            "HEAD /0.1/token/{token}?scope={access} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| PluginError::internal("the daemon answers what is no HTTP"))
    }
}
