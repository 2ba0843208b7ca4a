//! Texts that operators may replace: pages and mails, as Jinja templates in files.

use std::path::{Path, PathBuf};

use minijinja::{Environment, Value};

/// Why a template gave no text.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("cannot read the template {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The template is wrong.
    #[error("the template {path} cannot be rendered")]
    Render {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        #[source]
        source: minijinja::Error,
    },
}

/// Renders a file with variables. It is read each time, so that a change shows at once. Nothing is escaped,
/// a variable that there is not is empty, and one line feed at the end is dropped.
///
/// # Errors
///
/// See [`TemplateError`].
pub fn render(path: &Path, variables: &[(&str, &str)]) -> Result<String, TemplateError> {
    let text = std::fs::read_to_string(path).map_err(|source| TemplateError::Read {
        path: path.to_owned(),
        source,
    })?;
    fill(path, &text, variables)
}

fn fill(path: &Path, text: &str, variables: &[(&str, &str)]) -> Result<String, TemplateError> {
    // A name without an ending: nothing is escaped then.
    Environment::new()
        .render_named_str(
            "template",
            text,
            Value::from_pairs(variables.iter().map(|(name, value)| (*name, *value))),
        )
        .map_err(|source| TemplateError::Render {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, TemplateError> {
        fill(Path::new("x.jinja"), text, &[("host", "a&b")])
    }

    #[test]
    fn a_template_is_text_with_variables() -> Result<(), TemplateError> {
        let text =
            "https://{{ host }}{% if port %}:{{ port }}{% endif %}{{ other }}/<{{ host }}>\n\n";
        assert_eq!(filled(text)?, "https://a&b/<a&b>\n");
        Ok(())
    }

    #[test]
    fn a_template_that_gives_no_text_is_named() {
        let told = |error: Option<TemplateError>| error.map(|error| error.to_string());
        assert_eq!(
            told(filled("{% if %}").err()).as_deref(),
            Some("the template x.jinja cannot be rendered")
        );
        assert_eq!(
            told(render(Path::new("/nowhere.jinja"), &[]).err()).as_deref(),
            Some("cannot read the template /nowhere.jinja")
        );
    }
}
