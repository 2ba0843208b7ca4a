//! `make bench`: how much of what the machine can do is left of it behind the daemon.
//!
//! Token checks are compared with a bare actix-web handler, logins with the bare hash, in one run and
//! in turns, so that whatever else the machine does hits both sides. The same code asks both servers.
//! The daemon runs in the shipped configuration, on a database of its own.

mod bare;
mod daemon;
mod hashes;
mod load;

use std::{env, error::Error, path::Path, process::ExitCode, thread, time::Duration};

use daemon::Daemon;
use load::Load;

/// Connections that ask for token checks at the same time.
const CONNECTIONS: usize = 64;
/// How often each side has its turn. The median decides, so one disturbed turn does not.
const ROUNDS: u32 = 3;
/// How long a turn takes unless `BENCH_SECONDS` says otherwise.
const SECONDS: u64 = 5;
/// Before the first round everybody runs for this long, unmeasured.
const WARM_UP: Duration = Duration::from_secs(1);

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [word] if word == bare::WORD => bare::serve(),
        [build] => compare(Path::new(build)),
        _ => Err("usage: bench DIRECTORY_OF_THE_BUILD".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(build: &Path) -> Result<(), Failure> {
    let turn = Duration::from_secs(seconds()?);
    let cores = thread::available_parallelism()?.get();
    let daemon = Daemon::start(build)?;
    let bare = bare::Bare::start()?;
    let login = daemon.login();
    let check = load::Request::head(&format!("/0.1/token/{}", daemon.token()?), 204);

    let load = |what, server, request, connections, length| {
        load::run(server, request, connections, length).map_err(|error| format!("{what}: {error}"))
    };
    let checks = |length| {
        load(
            "token checks",
            daemon.address(),
            &check,
            CONNECTIONS,
            length,
        )
    };
    let bare_answers = |length| load("bare server", bare.address(), &check, CONNECTIONS, length);
    let logins = |length| load("logins", daemon.address(), &login, cores, length);
    let hashes = |length| hashes::per_second(cores, length);

    println!(
        "{cores} cores, {ROUNDS} rounds of {} s for each; HEAD /token over {CONNECTIONS} connections, logins over {cores}",
        turn.as_secs()
    );
    checks(WARM_UP)?;
    bare_answers(WARM_UP)?;
    logins(WARM_UP)?;
    hashes(WARM_UP)?;

    println!("round   checks/s    bare/s   p99 ms   logins/s   hashes/s");
    let (mut check_ratios, mut login_ratios) = (Vec::new(), Vec::new());
    let mut all_checks = Load::default();
    for number in 1..=ROUNDS {
        let checks = checks(turn)?;
        let bare = bare_answers(turn)?;
        let logins = logins(turn)?;
        let hashes = hashes(turn)?;
        println!(
            "{number:>5} {:>10.0} {:>9.0} {:>8.2} {:>10.2} {hashes:>10.2}",
            checks.per_second,
            bare.per_second,
            checks.percentile_99_ms(),
            logins.per_second,
        );
        // Each turn with the one beside it: the machine may be slower in another round.
        check_ratios.push(checks.per_second / bare.per_second);
        login_ratios.push(logins.per_second / hashes);
        all_checks.add(checks);
    }
    println!(
        "bench: check_ratio={:.3} check_p99_ms={:.2} login_ratio={:.3}",
        median(&mut check_ratios),
        all_checks.percentile_99_ms(),
        median(&mut login_ratios),
    );
    Ok(())
}

fn seconds() -> Result<u64, Failure> {
    let Some(text) = env::var_os("BENCH_SECONDS") else {
        return Ok(SECONDS);
    };
    text.to_str()
        .and_then(|text| text.parse().ok())
        .filter(|seconds| (1..=3600).contains(seconds))
        .ok_or_else(|| format!("BENCH_SECONDS must be 1 to 3600, found {text:?}").into())
}

fn median(ratios: &mut [f64]) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}
