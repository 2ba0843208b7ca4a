//! What `make install` lays out, and what a supervisor and a log's readers may rely on.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "also what tests share should stop a failing test, loudly"
)]

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixDatagram},
    path::{Path, PathBuf},
    process::Command,
};

use wazo_auth_test_support::{Daemon, Home, command, daemon, plugins, process, wait};

/// The root of the checkout.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs `scripts/install`, as `make install` does after building.
fn install(root: &Path) -> String {
    let build = daemon::program().parent().unwrap();
    assert_eq!(plugins::native().parent(), Some(build));
    let mut command = process::bound(checkout().join("scripts/install"));
    command.arg(build).arg(root).current_dir("/");
    command::run(command, wait::PATIENCE).ok()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn everything_is_laid_out_with_the_modes_that_it_needs() {
    let home = Home::new();
    let root = home.join("root");
    install(&root);
    for (path, mode) in [
        ("usr/bin/wazo-auth", 0o755),
        ("usr/lib/wazo-auth/plugins", 0o755),
        (
            "usr/lib/wazo-auth/plugins/libwazo_auth_plugin_native.so",
            0o644,
        ),
        ("usr/lib/systemd/system/wazo-auth.service", 0o644),
        ("usr/lib/tmpfiles.d/wazo-auth.conf", 0o644),
        ("etc/wazo-auth/config.yml", 0o644),
        ("etc/wazo-auth/conf.d", 0o755),
        ("etc/logrotate.d/wazo-auth", 0o644),
        ("etc/rsyslog.d/99-wazo-auth.conf", 0o644),
        ("etc/nginx/wazo-auth-shared.conf", 0o644),
        ("etc/nginx/locations/https-available/wazo-auth", 0o644),
        (
            "var/lib/wazo-auth/templates/email_confirmation_get_body.jinja",
            0o644,
        ),
        ("var/lib/wazo-auth", 0o750),
        ("var/log", 0o755),
    ] {
        let found = fs::metadata(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(found.permissions().mode() & 0o7777, mode, "{path}");
    }
    for name in ["bootstrap", "init-db", "upgrade-db", "wait"] {
        let mut command = Command::new(root.join(format!("usr/bin/wazo-auth-{name}")));
        command.arg("--help");
        let help = command::run(command, wait::PATIENCE).ok();
        assert!(help.contains(&format!("wazo-auth-{name}")), "{help}");
    }
}

#[test]
fn a_second_installation_keeps_what_an_operator_has_changed() {
    let home = Home::new();
    let root = home.join("root");
    install(&root);
    let changed = [
        "etc/wazo-auth/config.yml",
        "etc/logrotate.d/wazo-auth",
        "etc/nginx/wazo-auth-shared.conf",
    ];
    for path in changed {
        fs::write(root.join(path), "# mine\n").unwrap();
    }
    let said = install(&root);
    for path in changed {
        assert_eq!(read(&root.join(path)), "# mine\n");
        assert!(root.join(format!("{path}.new")).exists(), "{path}");
        assert!(said.contains(path), "{said}");
    }
    for path in [
        "etc/rsyslog.d/99-wazo-auth.conf",
        "etc/nginx/locations/https-available/wazo-auth",
    ] {
        assert!(!root.join(format!("{path}.new")).exists(), "{path}");
        assert!(!said.contains(path), "{said}");
    }
}

#[test]
fn the_packaged_configuration_is_one_that_the_daemon_takes() {
    let home = Home::new();
    let root = home.join("root");
    install(&root);
    let mut command = process::bound(root.join("usr/bin/wazo-auth"));
    command
        .args(["plugin", "list", "--plugin-dir"])
        .arg(home.folder("plugins"))
        .arg("--config-file")
        .arg(root.join("etc/wazo-auth/config.yml"));
    let output = command::run(command, wait::PATIENCE);
    assert!(!output.stderr.contains("config.yml"), "{output:?}");
    output.ok();
}

#[test]
fn the_packaged_files_say_what_supervisors_proxies_and_logs_need() {
    let etc = checkout().join("etc");
    for (file, lines) in [
        (
            "systemd/wazo-auth.service",
            &[
                "After=network.target postgresql.service",
                "Type=notify",
                "ExecStart=/usr/bin/wazo-auth",
                "Restart=on-failure",
                "RestartSec=5",
                "StartLimitBurst=15",
                "StartLimitIntervalSec=150",
                "SyslogIdentifier=wazo-auth",
                "NoNewPrivileges=yes",
                "ProtectSystem=full",
                "WantedBy=multi-user.target",
            ][..],
        ),
        (
            "logrotate.d/wazo-auth",
            &[
                "/var/log/wazo-auth.log {",
                "daily",
                "rotate 15",
                "compress",
                "copytruncate",
            ],
        ),
        (
            "rsyslog.d/99-wazo-auth.conf",
            &["if $programname == 'wazo-auth' then stop"],
        ),
        (
            "nginx/locations/https-available/wazo-auth",
            &[
                "location ^~ /api/auth/0.1/backends {",
                "location ^~ /api/auth/0.1/status {",
                "location ^~ /api/auth/0.1/saml {",
                "location ^~ /api/auth/ {",
                "proxy_pass http://127.0.0.1:9497/;",
            ],
        ),
        (
            "nginx/wazo-auth-shared.conf",
            &[
                "proxy_set_header Host $http_host;",
                "proxy_set_header X-Script-Name /api/auth;",
                "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
                "proxy_set_header X-Forwarded-Proto $scheme;",
                "add_header X-Powered-By wazo-auth always;",
            ],
        ),
        (
            "tmpfiles.d/wazo-auth.conf",
            &["d /run/wazo-auth 0755 wazo-auth wazo-auth -"],
        ),
    ] {
        let text = read(&etc.join(file));
        for line in lines {
            assert!(
                text.lines().any(|known| known.trim() == *line),
                "{line:?} is not in {file}"
            );
        }
    }
}

#[test]
fn a_supervisor_is_told_when_logins_are_served_and_when_they_end() {
    let home = Home::new();
    let path = home.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(wait::PATIENCE)).unwrap();
    let told = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(buffer.get(..length).unwrap()).into_owned()
    };
    let daemon = Daemon::builder().env("NOTIFY_SOCKET", &path).start();
    assert_eq!(told(), "READY=1\n");
    let _ = daemon.admin();
    let (_, exited) = daemon.stop();
    assert!(exited.status.success());
    assert_eq!(told(), "STOPPING=1\n");
}

#[test]
fn a_supervisor_that_is_not_there_hinders_nobody() {
    let daemon = Daemon::builder()
        .env("NOTIFY_SOCKET", "/nowhere/notify")
        .start();
    let _ = daemon.admin();
    let _ = daemon.lines().wait_for("cannot tell the supervisor");
}

#[test]
fn a_log_that_is_copied_and_emptied_goes_on() {
    let daemon = Daemon::builder().start();
    let log = daemon.installation().path("wazo-auth.log");
    daemon.client().get("/backends?before").send().is(200);
    assert!(read(&log).contains("?before"));
    fs::File::options()
        .write(true)
        .truncate(true)
        .open(&log)
        .unwrap();
    daemon.client().get("/backends?after").send().is(200);
    let text = read(&log);
    assert!(
        text.starts_with("20") && text.contains("?after"),
        "{text:?}"
    );
}

#[test]
fn times_are_those_of_the_configured_zone() {
    // In such a rule the sign says how far behind the zone is.
    for (zone, known) in [
        ("UTC+1", &[("UTC", -60)][..]),
        ("<+0330>-3:30", &[("+0330", 210)]),
        ("EST5EDT,M3.2.0,M11.1.0", &[("EST", -300), ("EDT", -240)]),
        ("UTC", &[("UTC", 0)]),
    ] {
        let daemon = Daemon::builder().env("TZ", zone).start();
        let line = daemon.lines().wait_for("serving on");
        let shown = line.split(' ').nth(2).unwrap();
        let data = daemon.admin().data;
        let minutes = |name: &str| {
            let text = data.get(name).and_then(|time| time.as_str()).unwrap();
            clock(text.get(11..16).unwrap())
        };
        let ahead = (minutes("issued_at") - minutes("utc_issued_at") + 720).rem_euclid(1440) - 720;
        assert!(known.contains(&(shown, ahead)), "{zone}: {line}: {data}");
    }
}

/// The minutes in a text like `03:30`.
fn clock(text: &str) -> i64 {
    let (hours, minutes) = text.split_once(':').unwrap();
    hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap()
}

#[test]
fn files_that_cannot_be_read_are_told_on_stderr_whatever_the_log_level_is() {
    let installation = Daemon::builder()
        .config("log_level: critical\n")
        .without_native()
        .install();
    fs::write(installation.path("conf.d/50-broken.yml"), "a: [\n").unwrap();
    fs::create_dir(installation.path("conf.d/60-folder.yml")).unwrap();
    // It does not start without its plugin, which is all that is needed here.
    let output = command::run(installation.daemon_command(), wait::PATIENCE);
    for words in [
        "50-broken.yml:2: is not YAML",
        "Could not read config file",
        "60-folder.yml: Is a directory",
    ] {
        assert!(output.stderr.contains(words), "{words}: {output:?}");
    }
    assert!(!output.stdout.contains("50-broken.yml"), "{output:?}");

    let mut nowhere = installation.command("wazo-auth");
    nowhere.args([
        "--config-file",
        "/nowhere/config.yml",
        "--log-level",
        "critical",
    ]);
    nowhere.args(["--user", "nobody-of-this-name", "--log-file"]);
    nowhere.arg(installation.path("other.log"));
    let said = command::run(nowhere, wait::PATIENCE).failed(1);
    assert!(
        said.contains("Could not read config file /nowhere/config.yml: No such file"),
        "{said}"
    );
}
