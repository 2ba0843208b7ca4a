//! A tenant in which the people do what they do, and what is seen of it from outside.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};
use wazo_auth_model::access::{AccessList, Identity};
use wazo_auth_test_support::{Daemon, daemon::Login, http::Response};
use wazo_auth_tests::{
    offline::{offline_request, refresh, refresh_token},
    store::{PASSWORD, Store},
    tenants::{Actor, text},
};

use crate::story::{KEY, Step, What};

/// What can be asked for.
pub const ASKED: &[&str] = &["x.a", "x.b", "x.a.c", "y.a", "x.edit", "x.update", "z"];
/// What marks what is granted with denials counted.
const DENIED: &str = ", with its denials";
/// How many people there are at most.
const MOST_PEOPLE: usize = 5;

/// How often each kind of request was let through, and how often refused for want of an access.
pub type Tried = BTreeMap<String, (usize, usize)>;

/// What of [`ASKED`] a list grants.
fn granted<S: AsRef<str>>(list: &[S]) -> BTreeSet<&'static str> {
    let list = AccessList::compile(list);
    let granted = ASKED
        .iter()
        .filter(|asked| list.grants(&Identity::default(), **asked));
    granted.copied().collect()
}

/// The same with its denials left aside.
fn named<S: AsRef<str>>(list: &[S]) -> BTreeSet<&'static str> {
    let grants = list
        .iter()
        .map(AsRef::as_ref)
        .filter(|entry| !entry.starts_with('!'));
    granted(&grants.collect::<Vec<_>>())
}

/// An entry in a path.
fn segment(entry: &str) -> String {
    entry.replace('#', "%23")
}

fn list(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

#[derive(Debug, Clone)]
struct Token {
    id: String,
    acl: Vec<String>,
}

impl Token {
    fn of(login: &Login) -> Self {
        Self {
            id: login.token.clone(),
            acl: list(login.data.get("acl").unwrap_or(&Value::Null)),
        }
    }
}

#[derive(Debug)]
struct Person {
    name: String,
    uuid: String,
    tokens: Vec<Token>,
    refresh_token: String,
    /// All that the administrator has given to them alone.
    given: Vec<&'static str>,
}

pub struct World<'a> {
    daemon: &'a Daemon,
    admin: Actor<'a>,
    tenant: String,
    people: Vec<Person>,
    policies: Vec<String>,
    /// The first one is that of all users.
    groups: Vec<String>,
    /// What the administrator has given to somebody.
    bound: BTreeSet<&'static str>,
    made: usize,
    /// What was seen last, unless the administrator has done something since.
    seen: Option<Reach>,
}

/// What policies, groups and new tokens grant: of each with its denials, and without them.
type Reach = BTreeMap<String, BTreeSet<&'static str>>;

impl<'a> World<'a> {
    pub fn new(
        daemon: &'a Daemon,
        store: &Store,
        admin: &Actor<'a>,
        first: &[&[&'static str]],
    ) -> Self {
        let tenant = admin.tenant_id(&json!({}));
        let all_users = store.group_of_all_users(&tenant);
        let mut world = Self {
            daemon,
            admin: admin.within(&tenant),
            tenant,
            people: Vec::new(),
            policies: Vec::new(),
            groups: vec![all_users],
            bound: BTreeSet::new(),
            made: 0,
            seen: None,
        };
        for entries in first {
            let admin = world.admin.clone();
            assert_eq!(world.make_user(&admin).status, 200);
            let at = world.people.len() - 1;
            world.give_user(at, [&[KEY], *entries].concat());
        }
        for _ in 0..2 {
            let admin = world.admin.clone();
            assert_eq!(world.make_group(&admin).status, 200);
        }
        for at in 0..world.people.len() {
            world.log_in(at, false);
        }
        world
    }

    fn new_name(&mut self) -> String {
        self.made += 1;
        format!("n{}-{}", self.made, self.tenant)
    }

    fn make_user(&mut self, actor: &Actor<'_>) -> Response {
        let name = self.new_name();
        let answer = actor.post("/users", &json!({"username": name, "password": PASSWORD}));
        if answer.status == 200 {
            let login = Login::read(&offline_request(self.daemon, &name, "desk").send());
            self.people.push(Person {
                uuid: text(&answer.json(), "uuid"),
                tokens: vec![Token::of(&login)],
                refresh_token: refresh_token(&login),
                given: Vec::new(),
                name,
            });
        }
        answer
    }

    fn make_group(&mut self, actor: &Actor<'_>) -> Response {
        let name = self.new_name();
        let answer = actor.post("/groups", &json!({ "name": name }));
        if answer.status == 200 {
            self.groups.push(text(&answer.json(), "uuid"));
        }
        answer
    }

    fn make_policy(&mut self, actor: &Actor<'_>, entries: &[&str]) -> Response {
        let name = self.new_name();
        let answer = actor.post("/policies", &json!({"name": name, "acl": entries}));
        if answer.status == 200 {
            self.policies.push(text(&answer.json(), "uuid"));
        }
        answer
    }

    /// Makes a policy as the administrator; answers its id.
    fn lay(&mut self, entries: &[&str]) -> String {
        let admin = self.admin.clone();
        let made = self.make_policy(&admin, entries);
        text(&made.expect(200), "uuid")
    }

    fn give_user(&mut self, at: usize, entries: Vec<&'static str>) {
        let user = self.people[at].uuid.clone();
        // Whoever takes a denial from somebody takes no grant with it.
        let (denials, grants): (Vec<_>, Vec<_>) = entries
            .iter()
            .copied()
            .partition(|entry| entry.starts_with('!'));
        for part in [denials, grants].iter().filter(|part| !part.is_empty()) {
            let policy = self.lay(part);
            let path = format!("/users/{user}/policies/{policy}");
            assert_eq!(self.admin.put(&path, &json!({})).status, 204);
        }
        let person = &mut self.people[at];
        person.given.extend(entries);
        self.bound.extend(granted(&person.given));
    }

    fn give_group(&mut self, group: Index, entries: &[&'static str]) {
        let policy = self.lay(entries);
        self.bound.extend(granted(entries));
        let path = format!("/groups/{}/policies/{policy}", group.get(&self.groups));
        assert_eq!(self.admin.put(&path, &json!({})).status, 204);
    }

    fn log_in(&mut self, at: usize, by_refresh_token: bool) {
        let person = &self.people[at];
        let login = if by_refresh_token {
            Login::read(&refresh(self.daemon, &person.refresh_token, "desk"))
        } else {
            self.daemon.login(&person.name, PASSWORD)
        };
        self.people[at].tokens.push(Token::of(&login));
    }

    fn send(&mut self, actor: &Actor<'_>, what: &What) -> Response {
        let policy = |at: &Index| at.get(&self.policies).clone();
        let user = |at: &Index| at.get(&self.people).uuid.clone();
        let group = |at: &Index| at.get(&self.groups).clone();
        let held = |at: &Index| {
            let path = format!("/policies/{}", policy(at));
            let acl = list(&self.admin.get(&path).expect(200)["acl"]);
            (path, acl)
        };
        let put = |path: String| actor.put(&path, &json!({}));
        let delete = |path: String| actor.delete(&path);
        match what {
            What::MakePolicy(entries) => self.make_policy(actor, entries),
            What::EditPolicy(at, entries) => {
                let path = format!("/policies/{}", policy(at));
                let name = self.new_name();
                actor.put(&path, &json!({"name": name, "acl": entries}))
            }
            What::DeletePolicy(at) => {
                let answer = delete(format!("/policies/{}", policy(at)));
                // One stays: something is to be done with policies.
                if answer.status == 204 {
                    let gone = at.index(self.policies.len());
                    self.policies.remove(gone);
                    if self.policies.is_empty() {
                        self.lay(&["y.a"]);
                    }
                }
                answer
            }
            What::AddAccess(at, entry) => {
                put(format!("/policies/{}/acl/{}", policy(at), segment(entry)))
            }
            What::RemoveAccess(at, one) => {
                let (path, acl) = held(at);
                let entry = acl
                    .get(one.index(acl.len().max(1)))
                    .map_or("x.a", String::as_str);
                delete(format!("{path}/acl/{}", segment(entry)))
            }
            What::DropAccess(at, one) => {
                let (path, mut acl) = held(at);
                if !acl.is_empty() {
                    acl.remove(one.index(acl.len()));
                }
                let name = self.new_name();
                actor.put(&path, &json!({"name": name, "acl": acl}))
            }
            What::LinkUser(of, at) => put(format!("/users/{}/policies/{}", user(of), policy(at))),
            What::UnlinkUser(of, at) => {
                delete(format!("/users/{}/policies/{}", user(of), policy(at)))
            }
            What::LinkGroup(of, at) => {
                put(format!("/groups/{}/policies/{}", group(of), policy(at)))
            }
            What::UnlinkGroup(of, at) => {
                delete(format!("/groups/{}/policies/{}", group(of), policy(at)))
            }
            What::Join(of, at) => put(format!("/groups/{}/users/{}", group(of), user(at))),
            What::Leave(of, at) => delete(format!("/groups/{}/users/{}", group(of), user(at))),
            What::MakeUser if self.people.len() == MOST_PEOPLE => actor.get("/users"),
            What::MakeUser => self.make_user(actor),
            What::MakeGroup => self.make_group(actor),
        }
    }

    /// What everything grants now; checks that no new token grants more than was ever given.
    fn look(&self) -> Result<Reach, TestCaseError> {
        let mut reach = Reach::new();
        let mut add = |what: String, acl: &[String]| {
            reach.insert(format!("{what}{DENIED}"), granted(acl));
            reach.insert(what, named(acl));
        };
        let policies = self.admin.get("/policies").expect(200);
        for policy in policies["items"].as_array().into_iter().flatten() {
            let what = format!("policy {}", text(policy, "uuid"));
            add(what, &list(&policy["acl"]));
        }
        for group in &self.groups {
            let held = self
                .admin
                .get(&format!("/groups/{group}/policies"))
                .expect(200);
            let items = held["items"].as_array().into_iter().flatten();
            let acl: Vec<String> = items.flat_map(|policy| list(&policy["acl"])).collect();
            add(format!("group {group}"), &acl);
        }
        for person in &self.people {
            let login = refresh(self.daemon, &person.refresh_token, "desk");
            let token = Token::of(&Login::read(&login));
            let more: Vec<_> = granted(&token.acl)
                .difference(&self.bound)
                .copied()
                .collect();
            prop_assert!(
                more.is_empty(),
                "{more:?} was given to nobody: {person:?} {token:?}"
            );
            add(format!("user {}", person.uuid), &token.acl);
        }
        Ok(reach)
    }

    pub fn apply(&mut self, step: &Step, tried: &Mutex<Tried>) -> Result<(), TestCaseError> {
        let seen = self.seen.take();
        match step {
            Step::GiveUser(user, entries) => {
                self.give_user(user.index(self.people.len()), entries.clone());
            }
            Step::GiveGroup(group, entries) => self.give_group(*group, entries),
            Step::Lay(entries) => drop(self.lay(entries)),
            Step::LogIn(user, by_refresh_token) => {
                self.log_in(user.index(self.people.len()), *by_refresh_token);
                self.seen = seen;
            }
            Step::Request(request) => {
                let tokens: Vec<&Token> = self
                    .people
                    .iter()
                    .flat_map(|person| &person.tokens)
                    .collect();
                let keys = tokens
                    .into_iter()
                    .filter(|token| token.acl.iter().any(|entry| entry == KEY));
                let token = request
                    .token
                    .get(&keys.collect::<Vec<_>>())
                    .to_owned()
                    .clone();
                let actor = Actor::new(self.daemon, &token.id).within(&self.tenant);
                let before = match seen {
                    Some(seen) => seen,
                    None => self.look()?,
                };
                let answer = self.send(&actor, &request.what);
                prop_assert!(answer.status < 500, "{answer:?}");
                let has_done = answer.status < 300;
                let mut tried = tried.lock().unwrap();
                let (done, refused) = tried.entry(request.what.name()).or_default();
                *done += usize::from(has_done);
                *refused +=
                    usize::from(answer.status == 401 && answer.body.contains("required_access"));
                drop(tried);
                let after = self.look()?;
                let none = BTreeSet::new();
                let mut allowed = if has_done {
                    granted(&token.acl)
                } else {
                    none.clone()
                };
                if matches!(request.what, What::MakeUser)
                    && let Some(of_all) = self
                        .groups
                        .first()
                        .and_then(|all| before.get(&format!("group {all}")))
                {
                    allowed.extend(of_all);
                }
                let leaves = matches!(request.what, What::Leave(..));
                let kept =
                    |what: &str| !(leaves && what.starts_with("user ") && what.ends_with(DENIED));
                for (what, reached) in after.iter().filter(|(what, _)| kept(what)) {
                    let more = reached - before.get(what).unwrap_or(&none);
                    let more: Vec<_> = more.difference(&allowed).collect();
                    prop_assert!(
                        more.is_empty(),
                        "{what} got {more:?} by {:?} with {:?}",
                        request.what,
                        token.acl
                    );
                }
                self.seen = Some(after);
            }
        }
        Ok(())
    }
}
