//! Fenced blocks of a Markdown file.

/// The blocks in `text` whose fence names `language`, in order, without their fences.
#[must_use]
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.trim() == language, String::new())),
            (Some(_), Some(_)) => {
                if let Some((true, block)) = open.take() {
                    blocks.push(block);
                }
            }
            (Some((_, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The cells of the tables in `text`, row by row, without the lines below the headings.
#[must_use]
pub fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix('|')?.strip_suffix('|'))
        .map(|row| {
            row.split('|')
                .map(|cell| cell.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|row| {
            row.iter()
                .any(|cell| cell.chars().any(|c| !"-: ".contains(c)) || cell == "-")
        })
        .filter(|row| !row.iter().all(|cell| cell.starts_with("---")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_other_languages_are_left_out() {
        let text = "a\n```sh\nb\nc\n```\n```console\nd\n```\n```\ne\n```\n```sh\nf\n```\n";
        assert_eq!(blocks(text, "sh"), ["b\nc\n", "f\n"]);
    }

    #[test]
    fn the_line_below_a_heading_is_no_row() {
        let text = "| a | b |\n|---|---|\n| `c` | - |\nno table\n";
        assert_eq!(rows(text), [["a", "b"], ["`c`", "-"]]);
    }
}
