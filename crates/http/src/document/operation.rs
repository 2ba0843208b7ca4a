//! What can be said of one method on one path, whatever form the document has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::schema::{self, Schema};
use crate::{
    resources::list::{Criterion, CriterionKind, List},
    validation::fields::{self, Field},
};

/// JSON documents.
pub const JSON: &str = "application/json";
/// Pages.
pub const HTML: &str = "text/html";

/// A method on a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// The method, in capitals.
    pub method: String,
    /// The path below the API's version.
    pub path: String,
    /// A name for programs that are made from the document; no other operation has it.
    pub id: String,
    /// The subject it belongs to.
    pub tag: String,
    /// What it does, in a few words.
    pub summary: String,
    /// More words, one paragraph each.
    pub description: Vec<String>,
    /// What the path, the query and the headers may hold.
    pub parameters: Vec<Parameter>,
    /// What the body may hold.
    pub body: Option<Body>,
    /// The answers, by their statuses.
    pub answers: BTreeMap<u16, Answer>,
    /// Whether a login and its password may come in the header `Authorization`.
    pub basic: bool,
    /// Whether there may be answers that nobody has described.
    pub any_status: bool,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub description: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it looks like; a list where it may come several times.
    pub schema: Schema,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// What it is.
    pub description: String,
    /// What it looks like.
    pub schema: Schema,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// When it comes and what it is.
    pub description: Vec<String>,
    /// The media types it comes in, each with what it may look like.
    pub contents: Vec<(String, Vec<Schema>)>,
    /// The headers worth reading: name, what it is, what it looks like.
    pub headers: Vec<(String, String, Schema)>,
}

/// The shapes of answers that are no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Most of them.
    Error,
    /// Several fields at once.
    Fields,
    /// About tokens, logins and policies.
    Reason,
    /// About HTTP alone.
    Http,
    /// About a tenant that has others below it.
    Shifted,
    /// A page: no such path.
    Page,
}

impl Operation {
    /// An operation of which nothing is said yet.
    pub fn new(method: &str, path: &str, id: &str, tag: &str, summary: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            id: id.to_owned(),
            tag: tag.to_owned(),
            summary: summary.to_owned(),
            description: Vec::new(),
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            basic: false,
            any_status: false,
        }
    }

    /// One more paragraph about it.
    pub fn says(&mut self, paragraph: &str) -> &mut Self {
        self.description.push(paragraph.to_owned());
        self
    }

    /// One more parameter.
    pub fn parameter(
        &mut self,
        place: Place,
        name: &str,
        description: &str,
        schema: Schema,
    ) -> &mut Self {
        self.parameters.push(Parameter {
            name: name.to_owned(),
            place,
            description: description.to_owned(),
            required: place == Place::Path,
            schema,
        });
        self
    }

    /// One more parameter of the query.
    pub fn query(&mut self, name: &str, description: &str, schema: Schema) -> &mut Self {
        self.parameter(Place::Query, name, description, schema)
    }

    /// The parameters of a list; `searched` says where texts are searched for, if anywhere. The answer
    /// to a list that is asked for wrongly joins the others.
    pub fn list<O: PartialEq>(&mut self, list: &List<O>, searched: Option<&str>) -> &mut Self {
        self.query(
            "limit",
            "How many items to show at most. Without it, all.",
            schema::integer().with("minimum", 0),
        )
        .query(
            "offset",
            "How many items to leave out in front.",
            schema::integer().with("minimum", 0).with("default", 0),
        );
        let columns: Vec<&str> = list.columns.iter().map(|(name, _)| *name).collect();
        let mut order = schema::text().one_of(&columns);
        if let Some((usual, _)) = list.columns.iter().find(|(_, order)| *order == list.order) {
            order = order.with("default", *usual);
        }
        self.query("order", "What to order the items by.", order)
            .query(
                "direction",
                "Which end comes first.",
                schema::text()
                    .one_of(&["asc", "desc"])
                    .with("default", "asc"),
            );
        if let Some(searched) = searched {
            let description = format!(
                "A text to search for, in {searched}. Upper and lower case are the same; words may have anything between them; `%` and `_` stand for any text and any character."
            );
            self.query("search", &description, schema::text());
        }
        for criterion in list.criteria {
            self.criterion(criterion);
        }
        self.fails(400, Failure::Fields, "a parameter of the list is wrong")
    }

    fn criterion(&mut self, criterion: &Criterion) {
        let what = criterion.name.replace('_', " ");
        let (description, schema) = match criterion.kind {
            CriterionKind::Text => (format!("Only items with this {what}."), schema::text()),
            CriterionKind::Texts(most) => (
                "Only items with one of these; the parameter may come several times.".to_owned(),
                schema::list(schema::text()).with("maxItems", most),
            ),
            CriterionKind::Flag | CriterionKind::Boolean => (
                format!("Only items that are {what}, or only the others."),
                schema::boolean(),
            ),
            CriterionKind::Time => (
                format!("Only items with this time as {what} (ISO 8601; without a zone, UTC)."),
                schema::text().with("format", "date-time"),
            ),
        };
        self.query(criterion.name, &description, schema);
    }

    /// The list can show what is in the tenants below, too.
    pub fn recurse(&mut self) -> &mut Self {
        self.query(
            "recurse",
            "Whether to show what is in the tenants below the tenant, too.",
            schema::boolean().with("default", false),
        )
    }

    /// The body, by the tables that check it.
    pub fn body(&mut self, tables: &[&[Field]], description: &str) -> &mut Self {
        self.body_like(fields::schema::body(tables), description)
    }

    /// The body.
    pub fn body_like(&mut self, schema: Schema, description: &str) -> &mut Self {
        self.body = Some(Body {
            description: description.to_owned(),
            schema,
        });
        self
    }

    /// A body to begin with, for people who try the operation.
    pub fn example(&mut self, example: Value) -> &mut Self {
        if let Some(body) = &mut self.body {
            body.schema = body.schema.clone().with("example", example);
        }
        self
    }

    /// An answer with a JSON document.
    pub fn answers(&mut self, status: u16, description: &str, schema: Schema) -> &mut Self {
        self.answers_with(status, description, JSON, schema)
    }

    /// An answer with a body of some media type.
    pub fn answers_with(
        &mut self,
        status: u16,
        description: &str,
        media_type: &str,
        schema: Schema,
    ) -> &mut Self {
        let answer = self.answer(status, description);
        let known = answer
            .contents
            .iter_mut()
            .find(|(known, _)| known == media_type);
        match known {
            Some((_, schemas)) if schemas.contains(&schema) => {}
            Some((_, schemas)) => schemas.push(schema),
            None => answer.contents.push((media_type.to_owned(), vec![schema])),
        }
        self
    }

    /// An answer without a body.
    pub fn answers_nothing(&mut self, status: u16, description: &str) -> &mut Self {
        self.answer(status, description);
        self
    }

    /// An answer that is no success; `when` completes "when …".
    pub fn fails(&mut self, status: u16, shape: Failure, when: &str) -> &mut Self {
        let schema = match shape {
            Failure::Page => {
                return self.answers_with(status, when, HTML, schema::text());
            }
            Failure::Error => "Error",
            Failure::Fields => "FieldErrors",
            Failure::Reason => "Reason",
            Failure::Http => "HttpError",
            Failure::Shifted => "TenantInUse",
        };
        self.answers(status, when, schema::named(schema))
    }

    /// A header of an answer.
    pub fn header(
        &mut self,
        status: u16,
        name: &str,
        description: &str,
        schema: Schema,
    ) -> &mut Self {
        let header = (name.to_owned(), description.to_owned(), schema);
        self.answers.entry(status).or_default().headers.push(header);
        self
    }

    fn answer(&mut self, status: u16, description: &str) -> &mut Answer {
        let answer = self.answers.entry(status).or_default();
        let description = description.to_owned();
        if !answer.description.contains(&description) {
            answer.description.push(description);
        }
        answer
    }
}

impl Answer {
    /// When it comes, in one text.
    pub fn text(&self) -> String {
        let text = self.description.join("; or ");
        let mut letters = text.chars();
        match letters.next() {
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => text,
        }
    }
}
