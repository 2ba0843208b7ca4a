//! A plugin that does not come back, until somebody opens the gate.
//!
//! Every entry reads `gate`, a folder, from its configuration. Whoever hangs first writes a file
//! `entered-NUMBER` there, then waits for the file `open`. Without a gate it hangs for ever.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use wazo_auth_plugin::{
    Backend, Call, Config, ExternalAuth, Map, PluginResult, Request, Response, Route, Secret,
    Verdict, json,
};

/// Who everybody is that logs in.
const AUTH_ID: &str = "e5c81a07-94d2-4b36-a0f8-2d7b9c6e1f43";

/// Counts who hangs, over all entries.
static ENTERED: AtomicU32 = AtomicU32::new(0);

/// Where to hang.
struct Gate(Option<PathBuf>);

impl Gate {
    fn read(config: &Config) -> PluginResult<Self> {
        Ok(Self(config.get("gate")?))
    }

    fn hang(&self) {
        let number = ENTERED.fetch_add(1, Ordering::SeqCst);
        log_hanging(number);
        if let Some(gate) = &self.0 {
            let _ = fs::write(gate.join(format!("entered-{number}")), "");
        }
        while !self
            .0
            .as_ref()
            .is_some_and(|gate| gate.join("open").exists())
        {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn log_hanging(number: u32) {
    wazo_auth_plugin::log::info!("call {number} hangs");
}

/// Hangs for the login `hang`, in the verification; for `hang_metadata`, while it describes.
struct Hangs(Gate);

impl Backend for Hangs {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Gate::read(&config).map(Self)
    }

    fn verify_password(&self, _: &Call, login: &str, _: &Secret) -> PluginResult<Verdict> {
        if login == "hang" {
            self.0.hang();
        }
        Ok(Verdict::accepted())
    }

    fn get_metadata(&self, call: &Call, login: &str) -> PluginResult<Map> {
        if login == "hang_metadata" {
            self.0.hang();
        }
        Ok(metadata(call))
    }
}

struct HangsOnStart;

impl Backend for HangsOnStart {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Gate::read(&config)?.hang();
        Ok(Self)
    }

    fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        Ok(Verdict::accepted())
    }

    fn get_metadata(&self, call: &Call, _login: &str) -> PluginResult<Map> {
        Ok(metadata(call))
    }
}

struct HangsOnStop(Gate);

impl Backend for HangsOnStop {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Gate::read(&config).map(Self)
    }

    fn verify_password(&self, _: &Call, _: &str, _: &Secret) -> PluginResult<Verdict> {
        Ok(Verdict::accepted())
    }

    fn get_metadata(&self, call: &Call, _login: &str) -> PluginResult<Map> {
        Ok(metadata(call))
    }

    fn stop(&self, _call: &Call) -> PluginResult<()> {
        self.0.hang();
        Ok(())
    }
}

/// Hangs in every request.
struct HangingRoutes(Gate);

impl ExternalAuth for HangingRoutes {
    fn start(_call: &Call, config: Config) -> PluginResult<Self> {
        Gate::read(&config).map(Self)
    }

    fn routes(&self) -> Vec<Route> {
        vec![Route::get(
            "/users/{user_uuid}/external/hanging",
            "auth.users.{user_uuid}.external.hanging.read",
            0,
        )]
    }

    fn handle(&self, _call: &Call, _request: Request) -> PluginResult<Response> {
        self.0.hang();
        Ok(Response::json(200, &json!({"hung": true})))
    }
}

fn metadata(call: &Call) -> Map {
    Map::from_iter([
        ("auth_id".to_owned(), json!(AUTH_ID)),
        ("xivo_uuid".to_owned(), json!(call.xivo_uuid())),
    ])
}

wazo_auth_plugin::export! {
    backend "hangs" => Hangs,
    backend "hangs_on_start" => HangsOnStart,
    backend "hangs_on_stop" => HangsOnStop,
    external_auth "hanging" => HangingRoutes,
}
