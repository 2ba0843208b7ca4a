//! The page that shows the document.

use crate::document::{
    Api,
    operation::{Failure, HTML},
    schema::text,
};

pub fn describe(api: &mut Api) {
    api.operation(
        "GET",
        "/api",
        "getPageAddress",
        "Leads to the page that shows the document",
    )
    .answers_nothing(308, "The page is at `api/`");
    api.operation(
        "GET",
        "/api/",
        "getPage",
        "Shows the document as a page, to read and to try",
    )
    .answers_with(200, "The page", HTML, text())
    .cached();
    api.operation(
        "GET",
        "/api/{file}",
        "getPageFile",
        "Gives what the page is made of",
    )
    .answers_with(200, "A script", "text/javascript", text())
    .answers_with(200, "A style sheet", "text/css", text())
    .cached()
    .fails(404, Failure::Page, "the page has no such file");
}
