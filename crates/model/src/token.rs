//! Tokens, and how they are shown.

use chrono::{DateTime, Offset, SecondsFormat, TimeZone, Utc};
use serde_json::{Map, Value, json};

use crate::{
    access::Identity,
    ids::{SessionId, TokenId},
};

/// A token. Its access list is frozen when it is made.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token itself.
    pub uuid: TokenId,
    /// Who logged in: a user's UUID, or another text.
    pub auth_id: String,
    /// The user of the telephony side.
    pub pbx_user_uuid: Option<String>,
    /// Identity of the platform.
    pub xivo_uuid: Option<String>,
    /// When it was made, in seconds since the Unix epoch.
    pub issued_t: Option<i64>,
    /// The last second in which it lives, in seconds since the Unix epoch; none or 0: for ever.
    pub expire_t: Option<i64>,
    /// What the backend said of the login.
    pub metadata: Map<String, Value>,
    /// The session that it belongs to.
    pub session_uuid: SessionId,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// The client's address.
    pub remote_addr: Option<String>,
    /// The access list.
    pub acl: Vec<String>,
}

impl Token {
    /// Whether it can be used at this time.
    #[must_use]
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        match self.expire_t {
            None | Some(0) => true,
            Some(last) => now.timestamp() <= last,
        }
    }

    /// What `me` and `my_session` stand for in its access list.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        Identity {
            auth_id: Some(&self.auth_id),
            session: Some(self.session_uuid.as_str()),
        }
    }

    /// The token as clients see it, the id included.
    #[must_use]
    pub fn represent(&self, times: &TokenTimes) -> Value {
        json!({
            "token": self.uuid.expose(),
            "auth_id": self.auth_id,
            "xivo_user_uuid": self.pbx_user_uuid,
            "xivo_uuid": self.xivo_uuid,
            "issued_at": times.issued_at,
            "expires_at": times.expires_at,
            "utc_issued_at": times.utc_issued_at,
            "utc_expires_at": times.utc_expires_at,
            "acl": self.acl,
            "metadata": self.metadata,
            "session_uuid": self.session_uuid.as_str(),
            "remote_addr": self.remote_addr,
            "user_agent": self.user_agent,
        })
    }
}

/// The times of a token as texts: in the server's zone without an offset, and in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenTimes {
    issued_at: Option<String>,
    expires_at: Option<String>,
    utc_issued_at: Option<String>,
    utc_expires_at: Option<String>,
}

impl TokenTimes {
    /// Times to the microsecond, as the answer to a login shows them.
    pub fn exact(
        issued: DateTime<Utc>,
        expires: Option<DateTime<Utc>>,
        zone: &impl TimeZone,
    ) -> Self {
        Self {
            issued_at: Some(local(issued, zone)),
            expires_at: expires.map(|time| local(time, zone)),
            utc_issued_at: Some(utc(issued)),
            utc_expires_at: expires.map(utc),
        }
    }

    /// Times to the second, as the database keeps them.
    pub fn stored(issued: Option<i64>, expires: Option<i64>, zone: &impl TimeZone) -> Self {
        let time = |seconds: Option<i64>| DateTime::from_timestamp(seconds?, 0);
        Self {
            issued_at: time(issued).map(|time| local(time, zone)),
            expires_at: time(expires).map(|time| local(time, zone)),
            utc_issued_at: time(issued).map(utc),
            utc_expires_at: time(expires).map(utc),
        }
    }
}

/// Local time; a whole second goes without decimals.
fn local(time: DateTime<Utc>, zone: &impl TimeZone) -> String {
    let offset = zone.offset_from_utc_datetime(&time.naive_utc()).fix();
    let text = time.with_timezone(&offset);
    if time.timestamp_subsec_micros() == 0 {
        text.format("%Y-%m-%dT%H:%M:%S").to_string()
    } else {
        text.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
    }
}

/// UTC, always with six decimals.
fn utc(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
        .trim_end_matches('Z')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    #[test]
    fn a_token_lives_to_the_end_of_its_last_second_and_without_one_for_ever() {
        let alive = |expire_t: Option<i64>, now: &str| {
            let token = Token {
                uuid: TokenId::random(),
                auth_id: String::new(),
                pbx_user_uuid: None,
                xivo_uuid: None,
                issued_t: None,
                expire_t,
                metadata: Map::new(),
                session_uuid: SessionId::random(),
                user_agent: None,
                remote_addr: None,
                acl: Vec::new(),
            };
            token.is_alive(now.parse().unwrap())
        };
        let last = Some(1_767_225_600);
        for (expire_t, now, expected) in [
            (last, "2025-12-31T23:59:59.9Z", true),
            (last, "2026-01-01T00:00:00Z", true),
            (last, "2026-01-01T00:00:00.999999Z", true),
            (last, "2026-01-01T00:00:01Z", false),
            (Some(0), "2026-01-01T00:00:01Z", true),
            (None, "2026-01-01T00:00:01Z", true),
            (Some(1), "2026-01-01T00:00:01Z", false),
        ] {
            assert_eq!(alive(expire_t, now), expected, "{expire_t:?} {now}");
        }
    }

    #[test]
    fn local_times_have_six_decimals_or_none_and_others_always_six() {
        let zone = FixedOffset::west_opt(5 * 3600).unwrap();
        let text = |text: &str| Some(text.to_owned());
        let time = |text: &str| text.parse().unwrap();
        assert_eq!(
            TokenTimes::exact(
                time("2026-01-01T00:00:00.000000999Z"),
                Some(time("2026-01-01T02:00:00.25Z")),
                &zone
            ),
            TokenTimes {
                issued_at: text("2025-12-31T19:00:00"),
                expires_at: text("2025-12-31T21:00:00.250000"),
                utc_issued_at: text("2026-01-01T00:00:00.000000"),
                utc_expires_at: text("2026-01-01T02:00:00.250000"),
            }
        );
        assert_eq!(
            TokenTimes::stored(Some(1_767_225_600), None, &zone),
            TokenTimes {
                issued_at: text("2025-12-31T19:00:00"),
                expires_at: None,
                utc_issued_at: text("2026-01-01T00:00:00.000000"),
                utc_expires_at: None,
            }
        );
    }
}
