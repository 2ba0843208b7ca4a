//! Slugs for what was given none.

use wazo_auth_database::DatabaseResult;
use wazo_auth_model::slug::{self, Rule};

/// How many random slugs of three characters are tried before longer ones are.
const SHORT_SLUGS: usize = 100;
/// How many longer ones are tried. One in a few billions is taken.
const LONG_SLUGS: usize = 10;

/// A slug that nothing has: what of the name can stand in one, else a random one.
///
/// # Errors
///
/// When `is_taken` fails.
pub(crate) fn free(
    rule: &Rule,
    name: Option<&str>,
    mut is_taken: impl FnMut(&str) -> DatabaseResult<bool>,
) -> DatabaseResult<String> {
    if let Some(name) = name {
        let slug = rule.from_name(name);
        if !is_taken(&slug)? {
            return Ok(slug);
        }
    }
    let lengths = std::iter::repeat_n(3, SHORT_SLUGS).chain(std::iter::repeat_n(6, LONG_SLUGS));
    let mut slug = String::new();
    for length in lengths {
        // The first bytes of such an id are random throughout.
        let bytes = uuid::Uuid::new_v4().into_bytes();
        slug = slug::random(bytes.get(..length).unwrap_or_default());
        if !is_taken(&slug)? {
            break;
        }
    }
    Ok(slug)
}
