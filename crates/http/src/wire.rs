//! Connections, and what is answered to those who do not speak HTTP.
//!
//! A request that the library cannot parse never reaches a route: the library answers with a status and
//! nothing else. Such an answer is recognised on its way out, by its bytes, and leaves with a text that
//! says what is wrong. Nothing else is changed, and requests are parsed by the library alone: all that
//! is kept of them is the first line of what was read last.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    http::{StatusCode, Uri},
    rt::net::TcpStream,
};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{error::BAD_REQUEST, python};

/// How much of a first line is kept, in bytes.
const MAX_LINE: usize = 4096;
/// The end of an answer without a body, from the beginning of the time behind the header's name.
const DATE_LENGTH: usize = "Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n".len();
/// The statuses with which the library answers by itself.
const STATUSES: [StatusCode; 3] = [
    StatusCode::BAD_REQUEST,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    StatusCode::REQUEST_TIMEOUT,
];

/// A connection to a client.
pub struct Wire {
    stream: TcpStream,
    line: FirstLine,
    /// An answer that leaves in place of another one, and how much of it has left.
    instead: Option<(Vec<u8>, usize)>,
    /// Such an answer has left: it is the last one.
    ended: bool,
}

impl Wire {
    /// A connection as it was accepted.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            line: FirstLine::default(),
            instead: None,
            ended: false,
        }
    }

    /// The address of ours that the client has connected to.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if let Some(read) = buffer.filled().get(before..) {
            self.line.read(read);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_none() {
            let Some((before, status)) = own_answer(bytes) else {
                this.line.over = true;
                return Pin::new(&mut this.stream).poll_write(cx, bytes);
            };
            // Answers to earlier requests go first, as they are.
            if !before.is_empty() {
                return Pin::new(&mut this.stream).poll_write(cx, before);
            }
            this.instead = Some((answer(status, &this.line), 0));
        }
        if let Some((answer, sent)) = &mut this.instead {
            while let Some(rest) = answer.get(*sent..).filter(|rest| !rest.is_empty()) {
                match ready!(Pin::new(&mut this.stream).poll_write(cx, rest))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    written => *sent += written,
                }
            }
        }
        this.instead = None;
        this.ended = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.ended {
            // The library would keep a connection on which there were good requests before.
            return Pin::new(&mut self.stream).poll_shutdown(cx);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The first line of what was read since the last answer.
#[derive(Debug, Default)]
struct FirstLine {
    bytes: Vec<u8>,
    /// It has its end, or is as long as it may become.
    complete: bool,
    /// What comes next begins a line of its own.
    over: bool,
}

impl FirstLine {
    fn read(&mut self, bytes: &[u8]) {
        if self.over {
            *self = Self {
                bytes: std::mem::take(&mut self.bytes),
                ..Self::default()
            };
            self.bytes.clear();
        }
        if self.complete {
            return;
        }
        let room = MAX_LINE.saturating_sub(self.bytes.len());
        let kept = bytes
            .iter()
            .take(room)
            .position(|byte| *byte == b'\n')
            .inspect(|_| self.complete = true)
            .unwrap_or_else(|| bytes.len().min(room));
        self.bytes
            .extend_from_slice(bytes.get(..kept).unwrap_or_default());
        self.complete |= self.bytes.len() >= MAX_LINE;
    }
}

/// What is wrong with a request that the library has refused.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// The line is none of this protocol.
    Line,
    /// The path is none.
    Path,
    /// It is another version of the protocol.
    Version,
    /// What follows the line.
    Headers,
}

/// Looks for the fault in the line; if it has none, it is in the headers. A line that is not complete was
/// refused for what its beginning has.
fn fault(line: &FirstLine) -> Fault {
    let complete = line.complete;
    let line = line.bytes.as_slice();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(path)) = (parts.next(), parts.next()) else {
        return Fault::Line;
    };
    if method.is_empty() || path.is_empty() || !method.iter().all(u8::is_ascii_graphic) {
        return Fault::Line;
    }
    // Only the beginning of it is known.
    if line.len() >= MAX_LINE {
        return Fault::Path;
    }
    let (Some(protocol), None) = (parts.next(), parts.next()) else {
        return Fault::Line;
    };
    let version = std::str::from_utf8(protocol)
        .ok()
        .and_then(|protocol| {
            let version = protocol.strip_prefix("HTTP/")?;
            let parts = version.split_once('.');
            // The first digit may be all that came.
            let begun = (!complete).then(|| (version.trim_end_matches('.'), "0"));
            parts.filter(|(_, minor)| !minor.is_empty()).or(begun)
        })
        .and_then(|(major, minor)| Some((major.parse::<u8>().ok()?, minor.parse::<u8>().ok()?)));
    match version {
        None => Fault::Line,
        Some(version) if version > (1, 1) => Fault::Version,
        Some(_) if !path.is_ascii() || Uri::try_from(path).is_err() => Fault::Path,
        Some((1, _)) => Fault::Headers,
        Some(_) => Fault::Line,
    }
}

/// The answer that the library would give by itself, if these bytes end with it: what stands before it,
/// and its status. All that tell it from an answer of ours is that it has no header `Server`.
fn own_answer(bytes: &[u8]) -> Option<(&[u8], StatusCode)> {
    let head = bytes.strip_suffix(b" GMT\r\n\r\n")?;
    let head = head.get(..(head.len() + b" GMT\r\n\r\n".len()).checked_sub(DATE_LENGTH)?)?;
    let head = head.strip_suffix(b"date: ")?;
    let head = head.strip_suffix(b"connection: close\r\n").unwrap_or(head);
    let head = head.strip_suffix(b"content-length: 0\r\n")?;
    STATUSES.into_iter().find_map(|status| {
        let reason = status.canonical_reason().unwrap_or_default();
        let before = head
            .strip_suffix(b"\r\n")?
            .strip_suffix(reason.as_bytes())?
            .strip_suffix(b" ")?
            .strip_suffix(status.as_str().as_bytes())?;
        let before = before
            .strip_suffix(b"HTTP/1.1 ")
            .or_else(|| before.strip_suffix(b"HTTP/1.0 "))?;
        Some((before, status))
    })
}

/// The whole answer to a request that the library has refused with a status.
fn answer(status: StatusCode, line: &FirstLine) -> Vec<u8> {
    let message = |text: &str| {
        let body = python::json(&json!({ "message": text }));
        ("application/json", body)
    };
    let plain = |text: &str| ("text/plain", text.as_bytes().to_vec());
    let reason = |status: StatusCode| status.canonical_reason().unwrap_or_default();
    let mut status = status;
    let (content_type, body) = if status == StatusCode::BAD_REQUEST {
        match fault(line) {
            Fault::Line => plain("Malformed Request-Line"),
            Fault::Path => plain("Malformed Request-URI"),
            Fault::Version => {
                status = StatusCode::HTTP_VERSION_NOT_SUPPORTED;
                plain("Cannot fulfill request")
            }
            Fault::Headers => message(BAD_REQUEST),
        }
    } else {
        message(reason(status))
    };
    let head = format!(
        "HTTP/1.1 {} {}\r\nContent-Length: {}\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n",
        status.as_str(),
        reason(status),
        body.len(),
    );
    [head.into_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_what_is_wrong() {
        for (line, expected) in [
            (&b""[..], Fault::Line),
            (b"nonsense\r", Fault::Line),
            (b"GET /\r", Fault::Line),
            (b"GET  / HTTP/1.1", Fault::Line),
            (b"GET / HTTP/1.1 x", Fault::Line),
            (b"GET / HTTP/2", Fault::Line),
            (b"GET / HTTP/x.y", Fault::Line),
            (b"GET / HTTP/0.9", Fault::Line),
            (b"G\x01T / HTTP/1.1", Fault::Line),
            (b"\x16\x03\x01\x02", Fault::Line),
            (b"GET / HTTP/2.0\r", Fault::Version),
            (b"GET / HTTP/1.2", Fault::Version),
            (b"PRI * HTTP/2.0", Fault::Version),
            (b"GET /\xff HTTP/1.1\r", Fault::Path),
            ("GET /é HTTP/1.1".as_bytes(), Fault::Path),
            (b"GET /<> HTTP/1.1", Fault::Path),
            (b"GET / HTTP/1.1\r", Fault::Headers),
            (b"GET / HTTP/1.0", Fault::Headers),
        ] {
            assert_eq!(fault(&read(&[line, b"\n"].concat())), expected, "{line:?}");
        }
        let long = [&b"GET /"[..], &[b'a'; MAX_LINE]].concat();
        assert_eq!(fault(&read(&long)), Fault::Path);
    }

    fn read(bytes: &[u8]) -> FirstLine {
        let mut line = FirstLine::default();
        line.read(bytes);
        line
    }

    #[test]
    fn a_line_without_its_end_was_refused_for_what_is_there() {
        for (line, expected) in [
            (&b"GET / HTTP/2"[..], Fault::Version),
            (b"GET / HTTP/2.", Fault::Version),
            (b"GET / HTTP/1.2", Fault::Version),
            (b"GET / HTTQ", Fault::Line),
            (b"GET /\xff", Fault::Line),
        ] {
            assert_eq!(fault(&read(line)), expected, "{line:?}");
        }
    }

    #[test]
    fn the_first_line_is_kept_however_it_comes() {
        let mut line = FirstLine::default();
        for part in [&b"GE"[..], b"T / ", b"HTTP/1.1\r\nHost", b": x\r\n\r\n"] {
            line.read(part);
        }
        assert_eq!(line.bytes, b"GET / HTTP/1.1\r");
        line.over = true;
        line.read(b"nonsense\r\n\r\n");
        assert_eq!(line.bytes, b"nonsense\r");
        line.over = true;
        line.read(&[b'a'; 3 * MAX_LINE]);
        line.read(b"a");
        assert_eq!(line.bytes.len(), MAX_LINE);
    }

    #[test]
    fn only_answers_of_the_library_are_replaced() {
        const DATE: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
        for (status, closes) in [
            ("400 Bad Request", true),
            ("400 Bad Request", false),
            ("431 Request Header Fields Too Large", true),
            ("408 Request Timeout", true),
        ] {
            let close = if closes { "connection: close\r\n" } else { "" };
            let own = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n{close}{DATE}");
            for before in ["", "HTTP/1.1 200 OK\r\n\r\n{}\n"] {
                let bytes = format!("{before}{own}");
                let found = own_answer(bytes.as_bytes());
                let found = found.map(|(before, status)| (before, status.as_u16()));
                let expected = status.get(..3).and_then(|status| status.parse().ok());
                assert_eq!(found, expected.map(|status| (before.as_bytes(), status)));
            }
        }
        for other in [
            "".to_owned(),
            " GMT\r\n\r\n".to_owned(),
            DATE.to_owned(),
            format!("HTTP/1.1 204 No Content\r\nserver: wazo-auth\r\n{DATE}"),
            format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{DATE}"),
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nserver: wazo-auth\r\n{DATE}"),
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 92\r\n{DATE}"),
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n{DATE}x"),
        ] {
            assert!(own_answer(other.as_bytes()).is_none(), "{other:?}");
        }
    }
}
