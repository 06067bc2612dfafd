//! `[[routes]]`: who hears of what.

use std::time::Duration;

use super::feeds::{check_network, references};
use super::parts::{Part, Shape};
use super::read::Reader;
use super::{Field, Form, MatchText, Section};
use crate::domain::{Network, Primary, Priority, Signal, Stance};

/// The filters of a route.
const WHEN_FIELDS: &[Field] = &[
    Field::optional("priority", Form::Words(&["urgent", "today", "digest"]), "How soon a human should answer."),
    Field::optional("watch", Form::Texts, "Names of watches."),
    Field::optional(
        "signal",
        Form::Words(&["switch", "complaint", "question", "praise", "distrust", "chasing"]),
        "At least one of these was heard.",
    ),
    Field::optional(
        "primary",
        Form::Words(&["leaving", "joining", "opportunity", "complaint", "question", "praise", "noise"]),
        "The one word for the mention.",
    ),
    Field::optional("stance", Form::Words(&["leaving", "joining", "opportunity", "market"]), "A switch seen from the side of the watch."),
    Field::optional("network", Form::Texts, "Networks, such as `bluesky`."),
    Field::optional("feed", Form::Texts, "Names of feeds."),
    Field::optional("lang", Form::Texts, "Language tags; `en` covers `en-GB`."),
];

/// How alerts of a route share a card.
const FOLD_FIELDS: &[Field] = &[
    Field::required("by", Form::Words(&["thread", "author", "watch"]), "What alerts must have in common to share a card."),
    Field::required("wait", Form::Duration, "How long the first one waits for the others."),
];

/// Who is asked when nobody took a case.
const ESCALATE_FIELDS: &[Field] = &[
    Field::required("after", Form::Duration, "How long nobody took the case."),
    Field::required("to", Form::Texts, "Names of notifiers."),
];

/// The keys of a route.
const ROUTE_FIELDS: &[Field] = &[
    Field::optional("when", Form::Table(WHEN_FIELDS), "What it takes; every filter must fit; default everything."),
    Field::optional("match", Form::Text, "What the post must say as well, in the match language."),
    Field::required("to", Form::Texts, "Names of notifiers."),
    Field::optional("fold", Form::Table(FOLD_FIELDS), "Puts alerts that come close together on one card."),
    Field::optional("escalate", Form::Tables(ESCALATE_FIELDS), "Asks others while nobody has taken the case."),
    Field::optional("off_hours", Form::Texts, "Notifiers to use instead of `to` outside the staffed hours."),
    Field::optional("continue", Form::Flag, "Looks at the routes below as well; default the first that fits is the last."),
];

/// The part as lists.
pub(super) const ROUTES: Part = Part {
    key: "routes",
    shape: Shape::List,
    fields: ROUTE_FIELDS,
    doc: "Who hears of what. The first route that fits wins unless it has `continue = true`. Without routes every notifier hears everything that is not noise: urgent and today at once, the digest gathered by the hour.",
    sample: r#"[[routes]]                                      # the first that fits wins, unless `continue = true`
when      = { priority = "urgent" }
to        = ["care"]
fold      = { by = ["thread", "author"], wait = "10s" }
escalate  = [{ after = "10m", to = ["lead"] }]  # while nobody has taken the case
off_hours = ["pager"]                           # instead of `to` outside the staffed hours
"#,
};

/// What a route takes; an empty list takes everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// How soon a human should answer.
    pub priority: Vec<Priority>,
    /// Ids of watches.
    pub watch: Vec<String>,
    /// At least one of these was heard.
    pub signal: Vec<Signal>,
    /// The one word for the mention.
    pub primary: Vec<Primary>,
    /// A switch seen from the side of the watch.
    pub stance: Vec<Stance>,
    /// Networks.
    pub network: Vec<Network>,
    /// Names of feeds.
    pub feed: Vec<String>,
    /// Language tags in small letters.
    pub lang: Vec<String>,
}

/// What alerts must have in common to share a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldBy {
    /// The conversation.
    Thread,
    /// The author.
    Author,
    /// The watch.
    Watch,
}

/// How alerts share a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// What they must have in common.
    pub by: Vec<FoldBy>,
    /// How long the first one waits for the others.
    pub wait: Duration,
}

/// Whom to ask when nobody took a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// How long nobody took it.
    pub after: Duration,
    /// Names of notifiers.
    pub to: Vec<String>,
}

/// One route of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteSection {
    /// What it takes.
    pub when: When,
    /// What the post must say as well.
    pub matches: Option<MatchText>,
    /// Names of notifiers.
    pub to: Vec<String>,
    /// How alerts share a card.
    pub fold: Option<Fold>,
    /// Whom to ask when nobody took the case, soonest first.
    pub escalate: Vec<Escalation>,
    /// Names of notifiers to use instead of `to` outside the staffed hours; empty means `to`.
    pub off_hours: Vec<String>,
    /// Whether the routes below are looked at as well.
    pub goes_on: bool,
}

/// What routes may name.
pub(super) struct Names<'a> {
    /// The whole file.
    pub(super) text: &'a str,
    /// Ids of watches.
    pub(super) watches: &'a [String],
    /// Names of feeds.
    pub(super) feeds: &'a [String],
    /// Networks that posts come from.
    pub(super) networks: &'a [String],
    /// Names of notifiers.
    pub(super) notifiers: &'a [String],
}

/// Reads the routes in the order of the file.
pub(super) fn read(sections: &[Section], names: &Names<'_>, has_hours: bool, reader: &mut Reader<'_>) -> Vec<RouteSection> {
    let mut routes = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        let route = route(section, names, reader);
        if section.has("off_hours") && !has_hours {
            reader.warn(section.mistake(
                "off_hours",
                "`off_hours` has no effect without staffed hours",
                "add `[hours]` with `zone` and `staffed`",
            ));
        }
        let takes_all = route.when == When::default() && route.matches.is_none() && !route.goes_on;
        if takes_all && let Some(below) = sections.get(index + 1) {
            let idle = super::Diagnostic::new(below.span.clone(), "this route is never reached");
            reader.warn(
                idle.hint("the one above takes everything: give it a `when` or a `match`, add `continue = true`, or move it to the end"),
            );
        }
        routes.push(route);
    }
    routes
}

/// Reads one route.
fn route(section: &Section, names: &Names<'_>, reader: &mut Reader<'_>) -> RouteSection {
    references(section, "to", "notifier", names.notifiers, reader);
    references(section, "off_hours", "notifier", names.notifiers, reader);
    for key in ["to", "off_hours"] {
        if section.has(key) && section.texts(key).is_empty() {
            reader.error(section.mistake(key, format!("`{key}` names nobody"), "name at least one notifier, or leave it out"));
        }
    }
    let mut escalate: Vec<Escalation> = Vec::new();
    for step in section.tables("escalate") {
        references(step, "to", "notifier", names.notifiers, reader);
        if let Some(after) = step.duration("after") {
            escalate.push(Escalation { after, to: step.texts("to").to_vec() });
        }
    }
    escalate.sort_by_key(|step| step.after);
    RouteSection {
        when: section.table("when").map(|filters| when(filters, names, reader)).unwrap_or_default(),
        matches: section.text("match").map(|words| MatchText::new(names.text, words, section.span("match"))),
        to: section.texts("to").to_vec(),
        fold: section.table("fold").and_then(fold),
        escalate,
        off_hours: section.texts("off_hours").to_vec(),
        goes_on: section.flag("continue").unwrap_or(false),
    }
}

/// Reads the filters.
fn when(section: &Section, names: &Names<'_>, reader: &mut Reader<'_>) -> When {
    references(section, "watch", "watch", names.watches, reader);
    references(section, "feed", "feed", names.feeds, reader);
    for (network, span) in section.spanned_texts("network") {
        check_network(network, span, names.networks, reader);
    }
    When {
        priority: words(section, "priority", Priority::parse),
        watch: section.texts("watch").to_vec(),
        signal: words(section, "signal", Signal::parse),
        primary: words(section, "primary", Primary::parse),
        stance: words(section, "stance", Stance::parse),
        network: section.texts("network").iter().map(|name| Network::named(name.to_lowercase())).collect(),
        feed: section.texts("feed").to_vec(),
        lang: section.texts("lang").iter().map(|tag| tag.to_lowercase()).collect(),
    }
}

/// Reads words that the reader has checked already.
fn words<T>(section: &Section, key: &str, parse: fn(&str) -> Option<T>) -> Vec<T> {
    section.texts(key).iter().filter_map(|word| parse(word)).collect()
}

/// Reads how alerts share a card.
fn fold(section: &Section) -> Option<Fold> {
    let by = section.texts("by").iter().map(|word| match word.as_str() {
        "thread" => FoldBy::Thread,
        "author" => FoldBy::Author,
        _ => FoldBy::Watch,
    });
    Some(Fold { by: by.collect(), wait: section.duration("wait")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_filters_are_those_of_the_domain() {
        let listed = |key: &str| match WHEN_FIELDS.iter().find(|field| field.key == key).unwrap().form {
            Form::Words(words) => words,
            _ => panic!("{key} is no list of words"),
        };
        assert_eq!(listed("priority"), Priority::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
        assert_eq!(listed("signal"), Signal::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
        assert_eq!(listed("primary"), Primary::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
        assert_eq!(listed("stance"), Stance::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
    }
}
