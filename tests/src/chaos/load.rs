//! Clients that begin sessions and end them, on whatever daemon serves.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::{Value, json};
use wazo_auth_test_support::{Credentials, http::Client};

/// How many clients there are.
const CLIENTS: usize = 4;
/// Before a client that got no answer tries again.
const PAUSE: Duration = Duration::from_millis(20);

/// What clients were told.
#[derive(Debug, Default)]
pub struct Answered {
    /// Sessions that began.
    pub begun: HashSet<String>,
    /// Sessions that were ended.
    pub ended: HashSet<String>,
    /// Requests of which nobody knows what came of them.
    pub unanswered: usize,
}

struct Shared {
    admin: Credentials,
    /// Where each daemon serves, while it does.
    places: Mutex<Vec<Option<String>>>,
    answered: Mutex<Answered>,
    over: AtomicBool,
}

/// The clients.
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts them. So far no daemon serves.
    pub fn start(admin: Credentials, nodes: usize) -> Self {
        let shared = Arc::new(Shared {
            admin,
            places: Mutex::new(vec![None; nodes]),
            answered: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let clients = (0..CLIENTS)
            .map(|number| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    for turn in number.. {
                        if shared.over.load(Ordering::Relaxed) {
                            return;
                        }
                        shared.begin_and_end(turn);
                    }
                })
            })
            .collect();
        Self { shared, clients }
    }

    /// Says where a daemon serves, or that it does not.
    pub fn serve(&self, node: usize, base: Option<&str>) {
        if let Some(place) = lock(&self.shared.places).get_mut(node) {
            *place = base.map(str::to_owned);
        }
    }

    /// Ends them, and answers what they were told.
    pub fn stop(self) -> Answered {
        self.shared.over.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().expect("a client does not panic");
        }
        mem::take(&mut *lock(&self.shared.answered))
    }
}

impl Shared {
    fn begin_and_end(&self, turn: usize) {
        let place = {
            let places = lock(&self.places);
            places.iter().flatten().cycle().nth(turn % 64).cloned()
        };
        let Some(base) = place else {
            thread::sleep(PAUSE);
            return;
        };
        let client = Client::new(&base);
        let login = client
            .post("/token")
            .basic(&self.admin.username, &self.admin.password)
            .json(&json!({"expiration": 3600}));
        let data = match login.try_send() {
            Ok(answer) if answer.status == 200 => {
                answer.json().get("data").cloned().unwrap_or_default()
            }
            other => return self.failed(other.is_err()),
        };
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(session), Some(token)) = (text("session_uuid"), text("token")) else {
            panic!("a login without a session: {data}");
        };
        lock(&self.answered).begun.insert(session.clone());
        match client.delete(&format!("/token/{token}")).try_send() {
            Ok(answer) if answer.status == 200 => {
                lock(&self.answered).ended.insert(session);
            }
            other => self.failed(other.is_err()),
        }
    }

    fn failed(&self, unanswered: bool) {
        lock(&self.answered).unanswered += usize::from(unanswered);
        thread::sleep(PAUSE);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
