//! The bare hash: what logins could reach if nothing else were to be done.

use std::{
    thread,
    time::{Duration, Instant},
};

use wazo_auth_model::{
    password::{Absent, HashSettings, Scheme, verify},
    secret::Secret,
};

use crate::Failure;

/// The shipped cost of bcrypt.
const SHIPPED_COST: u32 = 12;

/// Passwords that so many threads verify in a second.
pub fn per_second(threads: usize, length: Duration) -> Result<f64, Failure> {
    let password = Secret::new("a password of the usual length");
    let settings = HashSettings {
        scheme: Scheme::Bcrypt,
        bcrypt_cost: SHIPPED_COST,
        upgrade: false,
    };
    let absent = Absent {
        scheme: Scheme::Bcrypt,
        bcrypt_cost: SHIPPED_COST,
    };
    let stored = settings.hash(&password, [7; 64])?;
    let verify_for_a_while = || {
        let start = Instant::now();
        let mut verified = 0_u32;
        while start.elapsed() < length {
            if !verify(Some(&stored), &password, absent).accepted {
                return Err("the hash does not verify its own password");
            }
            verified += 1;
        }
        Ok(f64::from(verified) / start.elapsed().as_secs_f64())
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| scope.spawn(verify_for_a_while))
            .collect();
        let mut sum = 0.0;
        for thread in running {
            sum += thread.join().map_err(|_| "a hashing thread panicked")??;
        }
        Ok(sum)
    })
}
