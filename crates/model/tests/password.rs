//! Stored passwords: what verifies, what does not, and what is stored anew.

use wazo_auth_model::{
    password::{Absent, HashError, HashSettings, Scheme, StoredPassword, Verification, verify},
    secret::Secret,
};

const ABSENT: Absent = Absent {
    scheme: Scheme::Bcrypt,
    bcrypt_cost: 4,
};
const LONGER_THAN_BCRYPT_TAKES: usize = 100;

fn settings(scheme: Scheme) -> HashSettings {
    HashSettings {
        scheme,
        bcrypt_cost: 4,
        upgrade: true,
    }
}

fn stored(hash: impl Into<String>, salt: &[u8]) -> StoredPassword {
    StoredPassword {
        hash: hash.into(),
        salt: salt.to_vec(),
    }
}

/// The bytes 0 to 63.
fn counting_salt() -> [u8; 64] {
    let mut salt = [0; 64];
    salt.iter_mut()
        .zip(0..)
        .for_each(|(byte, count)| *byte = count);
    salt
}

fn accepts(stored: &StoredPassword, password: &str) -> bool {
    verify(Some(stored), &Secret::new(password), ABSENT).accepted
}

/// Passwords, each with a wrong one that something in between could take for it.
fn awkward_passwords() -> Vec<(String, String)> {
    let long = "x".repeat(LONGER_THAN_BCRYPT_TAKES);
    [
        ("", " "),
        ("secret", "Secret"),
        ("p\u{e4}ssword-\u{3a9}", "pa\u{308}ssword-\u{3a9}"),
        ("a\0b", "a\0c"),
        ("a\0", "a"),
        ("\0", ""),
        (&format!("{long}a"), &format!("{long}b")),
        (&long, &format!("{long}x")),
    ]
    .map(|(right, wrong)| (right.to_owned(), wrong.to_owned()))
    .into()
}

#[test]
fn pbkdf2_makes_the_keys_that_other_programs_make() {
    let salt = counting_salt();
    for (password, digits) in [
        (
            "p\u{e4}ssword-\u{3a9}",
            "2821bcf8d533d248b98e81fd655fe08d8577775d98ca246b08d9cd9232b37828\
             a32019923a51800d00f7fed305dcc9cdeeee541b94c8926508eba1c3c624930a",
        ),
        (
            "a\0b",
            "862533df0fd8a458c91550468d9f1b2f7e8ba2df37088932f0e4a8b77ac05427\
             04079509506dc1e1657343f75c0dc28963bf99d8dbe325a3d20b742ef70064ad",
        ),
    ] {
        let made = settings(Scheme::Pbkdf2)
            .hash(&Secret::new(password), salt)
            .unwrap();
        assert_eq!(
            (made.hash.as_str(), made.salt.as_slice()),
            (digits, &salt[..])
        );
        assert!(accepts(&made, password));
    }
}

#[test]
fn bcrypt_verifies_what_another_program_made() {
    let made = stored(
        "$bcrypt-sha384$2b$04$abcdefghijklmnopqrstuuKlhvjzy8y4HNZ9sWBoJ03ccc2aXwXmG",
        &[],
    );
    assert!(accepts(&made, "p\u{e4}ssword-\u{3a9}"));
    assert!(!accepts(&made, "p\u{e4}ssword"));
}

#[test]
fn bcrypt_takes_every_byte_of_a_password() {
    for (right, wrong) in awkward_passwords() {
        let made = settings(Scheme::Bcrypt)
            .hash(&Secret::new(right.as_str()), counting_salt())
            .unwrap();
        assert!(
            made.hash.starts_with("$bcrypt-sha384$2b$04$"),
            "{}",
            made.hash
        );
        assert!(made.salt.is_empty());
        assert!(accepts(&made, &right), "{right:?}");
        assert!(!accepts(&made, &wrong), "{wrong:?}");
    }
}

#[test]
fn the_salt_makes_equal_passwords_look_different() {
    for scheme in [Scheme::Bcrypt, Scheme::Pbkdf2] {
        let made = [[1; 64], [2; 64]]
            .map(|salt| settings(scheme).hash(&Secret::new("secret"), salt).unwrap());
        assert_ne!(made[0].hash, made[1].hash);
    }
}

#[test]
fn bcrypt_is_refused_a_cost_that_would_take_hours() {
    for cost in [0, 3, 17, 31, u32::MAX] {
        let settings = HashSettings {
            bcrypt_cost: cost,
            ..settings(Scheme::Bcrypt)
        };
        let refused = settings.hash(&Secret::new("secret"), [0; 64]).unwrap_err();
        assert_eq!(refused, HashError::Cost(cost));
    }
}

#[test]
fn what_cannot_be_read_is_a_wrong_password_and_is_reported() {
    let good = "$bcrypt-sha384$2b$04$abcdefghijklmnopqrstuuKlhvjzy8y4HNZ9sWBoJ03ccc2aXwXmG";
    let digits = "2821bcf8".repeat(16);
    for hash in [
        String::new(),
        "secret".to_owned(),
        "$".to_owned(),
        "$bcrypt-sha384".to_owned(),
        "$bcrypt-sha384$".to_owned(),
        // Without the tag it is not said what was hashed.
        good.replace("$bcrypt-sha384", ""),
        good.replace("sha384", "sha512"),
        good.replace("2b", "9z"),
        good.replace("$04$", "$xx$"),
        good.replace("$04$", "$-4$"),
        good.replace("$04$", "$00$"),
        good.replace("$04$", "$03$"),
        good.replace("$04$", "$17$"),
        good.replace("$04$", "$31$"),
        good.replace("$04$", "$99$"),
        good.replace("abcd", "ab=d"),
        good.replace("abcd", "ab\u{e4}d"),
        good.replace("XwXmG", "XwXm\u{e4}"),
        format!("{good}G"),
        good.trim_end_matches('G').to_owned(),
        digits.to_uppercase(),
        digits.replace('f', "g"),
        digits[1..].to_owned(),
        format!("{digits}0"),
        format!("{digits}00"),
        "\u{e4}".repeat(64),
    ] {
        let verification = verify(
            Some(&stored(hash.as_str(), &[0; 64])),
            &Secret::new("p\u{e4}ssword-\u{3a9}"),
            ABSENT,
        );
        let expected = Verification {
            accepted: false,
            scheme: None,
            bcrypt_cost: None,
            malformed: true,
        };
        assert_eq!(verification, expected, "{hash}");
    }
}

#[test]
fn without_a_stored_password_none_is_right() {
    for scheme in [Scheme::Bcrypt, Scheme::Pbkdf2] {
        let absent = Absent {
            scheme,
            bcrypt_cost: 0,
        };
        let verification = verify(None, &Secret::new(""), absent);
        assert!(!verification.accepted && !verification.malformed);
        assert_eq!(verification.scheme, None);
    }
}

#[test]
fn a_verified_password_is_stored_anew_when_that_makes_it_better() {
    let found = |scheme, bcrypt_cost| Verification {
        accepted: true,
        scheme: Some(scheme),
        bcrypt_cost,
        malformed: false,
    };
    let wants = |scheme, verification| {
        HashSettings {
            bcrypt_cost: 10,
            ..settings(scheme)
        }
        .wants_upgrade(&verification)
    };
    assert!(wants(Scheme::Bcrypt, found(Scheme::Pbkdf2, None)));
    assert!(wants(Scheme::Bcrypt, found(Scheme::Bcrypt, Some(9))));
    assert!(!wants(Scheme::Bcrypt, found(Scheme::Bcrypt, Some(10))));
    assert!(!wants(Scheme::Bcrypt, found(Scheme::Bcrypt, Some(11))));
    assert!(wants(Scheme::Pbkdf2, found(Scheme::Bcrypt, Some(12))));
    assert!(!wants(Scheme::Pbkdf2, found(Scheme::Pbkdf2, None)));
}

#[test]
fn nothing_is_stored_anew_unasked_or_for_a_wrong_password() {
    let right = Verification {
        accepted: true,
        scheme: Some(Scheme::Pbkdf2),
        bcrypt_cost: None,
        malformed: false,
    };
    let wrong = Verification {
        accepted: false,
        ..right
    };
    let unasked = HashSettings {
        upgrade: false,
        ..settings(Scheme::Bcrypt)
    };
    assert!(!unasked.wants_upgrade(&right));
    assert!(!settings(Scheme::Bcrypt).wants_upgrade(&wrong));
}

#[test]
fn a_stored_password_does_not_print() {
    let printed = format!("{:?}", stored("0123", b"salt"));
    assert_eq!(printed, "StoredPassword(<hidden>)");
}
