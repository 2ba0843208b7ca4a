//! Load over HTTP/1.1: a number of connections that are kept, each with one request on the way.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    task::JoinSet,
    time::timeout,
};

use crate::Failure;

/// How long an answer may be on its way once the time is up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Headers longer than this are none that we ask for.
const LONGEST_HEAD: usize = 16 * 1024;

/// A request, and the status that its answer must have.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    expected: u16,
    /// Whether the answer has a body when its headers say so.
    has_body: bool,
}

impl Request {
    /// A `HEAD`.
    pub fn head(path: &str, expected: u16) -> Self {
        Self {
            bytes: format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes(),
            expected,
            has_body: false,
        }
    }

    /// A `POST` of JSON. Each of the `headers` ends in a line break.
    pub fn post(path: &str, headers: &str, body: &str, expected: u16) -> Self {
        let length = body.len();
        Self {
            bytes: format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
            expected,
            has_body: true,
        }
    }
}

/// What a server has taken.
#[derive(Default)]
pub struct Load {
    /// Requests answered in a second, over all connections.
    pub per_second: f64,
    /// Times from a request to its whole answer, in microseconds, in any order.
    latencies: Vec<u32>,
}

impl Load {
    /// Adds what another load, or another connection, has done beside this one.
    pub fn add(&mut self, other: Self) {
        self.per_second += other.per_second;
        self.latencies.extend(other.latencies);
    }

    /// 99 of 100 answers came within this, in milliseconds.
    pub fn percentile_99_ms(&self) -> f64 {
        let mut latencies = self.latencies.clone();
        let index = (latencies.len() * 99 / 100).min(latencies.len().saturating_sub(1));
        if latencies.is_empty() {
            return f64::NAN;
        }
        let (_, latency, _) = latencies.select_nth_unstable(index);
        f64::from(*latency) / 1000.0
    }
}

/// Sends one request after the other over each of the connections, for a while.
///
/// # Errors
///
/// The first answer of another status than expected, or a connection that breaks.
pub fn run(
    server: SocketAddr,
    request: &Request,
    connections: usize,
    length: Duration,
) -> Result<Load, Failure> {
    // The server needs the cores more: with one thread for two of them it stays the bottleneck.
    let threads = (thread::available_parallelism()?.get() / 2).clamp(1, connections);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|number| {
                let share = connections / threads + usize::from(number < connections % threads);
                scope.spawn(move || run_share(server, request, share, length))
            })
            .collect();
        let mut sum = Load::default();
        for thread in running {
            sum.add(
                thread
                    .join()
                    .map_err(|_| "a thread of the load panicked")??,
            );
        }
        Ok(sum)
    })
}

/// Sends one request, and answers its body.
pub fn once(server: SocketAddr, request: &Request) -> Result<Vec<u8>, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        timeout(PATIENCE, async {
            let mut connection = Connection::open(server).await?;
            connection.ask(request).await?;
            Ok(connection.body().to_vec())
        })
        .await?
    })
}

fn run_share(
    server: SocketAddr,
    request: &Request,
    connections: usize,
    length: Duration,
) -> Result<Load, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let all = async {
        let mut running = JoinSet::new();
        for _ in 0..connections {
            running.spawn(ask_for_a_while(server, request.clone(), length));
        }
        let mut sum = Load::default();
        while let Some(done) = running.join_next().await {
            sum.add(done??);
        }
        Ok(sum)
    };
    runtime.block_on(async {
        timeout(length + PATIENCE, all)
            .await
            .map_err(|_| format!("{server} does not answer for {} s", PATIENCE.as_secs()))?
    })
}

async fn ask_for_a_while(
    server: SocketAddr,
    request: Request,
    length: Duration,
) -> Result<Load, Failure> {
    let mut connection = Connection::open(server).await?;
    let mut latencies = Vec::new();
    let start = Instant::now();
    let mut now = start;
    while now - start < length {
        connection.ask(&request).await?;
        let answered = Instant::now();
        let latency = (answered - now).as_micros();
        latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
        now = answered;
    }
    // By its own time: the last answer comes after the end, and would weigh much among few.
    let count = u32::try_from(latencies.len())?;
    Ok(Load {
        per_second: f64::from(count) / (now - start).as_secs_f64(),
        latencies,
    })
}

/// A connection that is kept between requests.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// Where the body of the last answer begins in what was received.
    head: usize,
}

impl Connection {
    async fn open(server: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
            head: 0,
        })
    }

    /// Sends a request and reads the whole answer.
    async fn ask(&mut self, request: &Request) -> Result<(), Failure> {
        self.stream.write_all(&request.bytes).await?;
        self.received.clear();
        self.head = loop {
            if let Some(end) = self.received.windows(4).position(|end| end == b"\r\n\r\n") {
                break end + 4;
            }
            if self.received.len() > LONGEST_HEAD {
                return Err("the headers of an answer have no end".into());
            }
            self.receive().await?;
        };
        let head = self.received.get(..self.head).unwrap_or_default();
        let (status, length) = read_head(head)?;
        let length = if request.has_body { length } else { 0 };
        while self.received.len() < self.head + length {
            self.receive().await?;
        }
        if status != request.expected {
            return Err(format!(
                "expected status {}, found {status}: {}",
                request.expected,
                String::from_utf8_lossy(self.body()).trim_end()
            )
            .into());
        }
        if self.received.len() > self.head + length {
            return Err("an answer is longer than it says".into());
        }
        Ok(())
    }

    /// The body of the last answer.
    fn body(&self) -> &[u8] {
        self.received.get(self.head..).unwrap_or_default()
    }

    async fn receive(&mut self) -> Result<(), Failure> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err("the server has closed a connection".into()),
            _ => Ok(()),
        }
    }
}

/// The status and the length of the body.
fn read_head(head: &[u8]) -> Result<(u16, usize), Failure> {
    let head = str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|status| status.parse().ok())
        .ok_or("an answer does not begin with its status")?;
    let mut length = 0;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err("an answer comes in chunks, which is not expected".into());
        }
    }
    Ok((status, length))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener},
    };

    use super::*;

    const LENGTH: Duration = Duration::from_millis(1);

    /// Answers the same to whatever comes, over each connection, as long as the test process lives.
    fn server(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut request = [0; 4096];
                    while stream.read(&mut request).is_ok_and(|read| read > 0) {
                        drop(stream.write_all(answer.as_bytes()));
                    }
                });
            }
        });
        address
    }

    fn failure(answer: &'static str, request: &Request) -> String {
        run(server(answer), request, 2, LENGTH)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_connection_asks_and_every_answer_counts() {
        let server = server("HTTP/1.1 204 No Content\r\n\r\n");
        let load = run(server, &Request::head("/", 204), 5, LENGTH).unwrap();
        assert!(load.latencies.len() >= 5);
        assert!(load.per_second > 0.0 && load.percentile_99_ms() > 0.0);
    }

    #[test]
    fn a_body_is_read_to_its_end() {
        let server = server("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        let body = once(server, &Request::post("/", "", "{}", 200)).unwrap();
        assert_eq!(body, b"hello");
    }

    #[test]
    fn an_answer_to_head_has_no_body_whatever_its_headers_say() {
        let server = server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
        run(server, &Request::head("/", 200), 2, LENGTH).unwrap();
    }

    #[test]
    fn another_status_than_expected_ends_the_run() {
        let unavailable = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\nbusy\n";
        assert_eq!(
            failure(unavailable, &Request::post("/", "", "{}", 200)),
            "expected status 200, found 503: busy"
        );
    }

    #[test]
    fn what_is_not_http_ends_the_run() {
        for answer in ["220 mail\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\nmore"] {
            failure(answer, &Request::head("/", 204));
        }
    }

    #[test]
    fn the_99th_percentile_leaves_out_one_in_a_hundred() {
        let load = |latencies: Vec<u32>| Load {
            per_second: 1.0,
            latencies,
        };
        let of_200 = load((1..=200).rev().map(|ms| ms * 1000).collect());
        assert!((of_200.percentile_99_ms() - 199.0).abs() < 1e-9);
        assert!((load(vec![7000]).percentile_99_ms() - 7.0).abs() < 1e-9);
        assert!(load(Vec::new()).percentile_99_ms().is_nan());
    }
}
