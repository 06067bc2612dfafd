//! `[watches.*]` and `[rivals.*]`: what to listen for.

use std::collections::BTreeMap;

use super::feeds::{check_network, no_such};
use super::parts::{Part, Shape};
use super::read::Reader;
use super::{Diagnostic, Field, Form, Section, terms};
use crate::domain::{Account, Brand, Network, Watch};

/// The keys of a watch.
const WATCH_FIELDS: &[Field] = &[
    Field::optional("name", Form::Text, "The brand as people write it; default the section's name."),
    Field::required("terms", Form::Texts, "Whole words, `@handles`, `#tags`, domains and phrases that name the brand."),
    Field::optional("ambiguous", Form::Texts, "Terms that count only with a context word in the post or its parent."),
    Field::optional("context", Form::Texts, "The context words; `sync*` stands for every word that begins so."),
    Field::optional("exclude", Form::Texts, "Phrases that take a post out."),
    Field::optional("own", Form::Texts, "Your own accounts as `network:handle`: never an alert; a reply by one of them answers the case."),
    Field::optional("rivals", Form::Texts, "Names of `[rivals.*]` sections, or of other watches."),
];

/// The keys of a rival.
const RIVAL_FIELDS: &[Field] = &[
    Field::optional("name", Form::Text, "The brand as people write it; default the section's name."),
    Field::required("terms", Form::Texts, "Whole words, `@handles`, `#tags`, domains and phrases that name the rival."),
];

/// The part as lists.
pub(super) const WATCHES: Part = Part {
    key: "watches",
    shape: Shape::Named,
    fields: WATCH_FIELDS,
    doc: "What to listen for: one section per brand you care for. Terms match whole words, whatever their case and accents.",
    sample: r##"[watches.nomadesk]
name      = "Nomadesk"
terms     = ["nomadesk", "@nomadesk", "#nomadesk", "nomadesk.com"]   # whole words, whatever their case and accents
ambiguous = ["nomad desk"]                      # counts only with a context word in the post or its parent
context   = ["cloud", "sync*", "storage", "file*"]
exclude   = ["standing desk", "digital nomad"]  # phrases that take a post out
own       = ["bluesky:nomadesk.com", "mastodon:@help@nomadesk.com"]  # your accounts: never an alert; their reply = answered
rivals    = ["dropbox"]
"##,
};

/// The part as lists.
pub(super) const RIVALS: Part = Part {
    key: "rivals",
    shape: Shape::Named,
    fields: RIVAL_FIELDS,
    doc: "Brands that customers come from or go to. A watch names its rivals; they are never watched for themselves.",
    sample: r#"[rivals.dropbox]
name  = "Dropbox"
terms = ["dropbox", "drop box", "@dropbox"]
"#,
};

/// Checks every watch and rival and resolves the names between them.
pub(super) fn read(
    watches: &[Section],
    rivals: &[Section],
    networks: &[String],
    reader: &mut Reader<'_>,
) -> (Vec<Watch>, BTreeMap<String, Brand>) {
    for rival in rivals.iter().filter(|rival| watches.iter().any(|watch| watch.name() == rival.name())) {
        let twice = Diagnostic::new(rival.span.clone(), format!("`{}` is a watch and a rival", rival.name()));
        reader.error(twice.label("also a watch").hint("leave this section out: a watch can be named under `rivals` by itself"));
    }
    check_names(watches, reader);
    let brands: BTreeMap<String, Brand> = rivals.iter().map(|rival| (rival.name().to_owned(), brand(rival, reader))).collect();
    let by_id: BTreeMap<&str, Brand> = watches.iter().map(|watch| (watch.name(), brand(watch, reader))).collect();
    let known: Vec<String> = brands.keys().cloned().chain(by_id.keys().map(|name| (*name).to_owned())).collect();
    let mut named: Vec<&str> = Vec::new();
    let mut read = Vec::new();
    for section in watches {
        let own_brand = by_id.get(section.name()).cloned().unwrap_or_default();
        let mut resolved = Vec::new();
        for (rival, span) in section.spanned_texts("rivals") {
            named.push(rival);
            let found = brands.get(rival).or_else(|| by_id.get(rival));
            match found {
                _ if rival == section.name() => {
                    reader.error(Diagnostic::new(span, format!("`{rival}` is its own rival")).hint("leave it out"));
                }
                Some(found) => {
                    terms::check_apart(section, &own_brand, rival, found, span, reader);
                    resolved.push(found.clone());
                }
                None => {
                    let rivals: Vec<String> = known.iter().filter(|name| *name != section.name()).cloned().collect();
                    let missing = no_such(span, "rival", rival, &rivals);
                    let hint = missing.hint.clone().filter(|hint| hint.starts_with("did you mean"));
                    reader.error(missing.hint(hint.unwrap_or_else(|| format!("add a section `[rivals.{rival}]` with its `terms`"))));
                }
            }
        }
        read.push(watch(section, own_brand, resolved, networks, reader));
    }
    for rival in rivals.iter().filter(|rival| !named.contains(&rival.name())) {
        let idle = Diagnostic::new(rival.span.clone(), format!("no watch names the rival `{}`", rival.name()));
        reader
            .warn(idle.label("has no effect").hint(format!("add `rivals = [\"{}\"]` to a watch, or leave the section out", rival.name())));
    }
    (read, brands)
}

/// Checks that no two watches carry one name.
fn check_names(watches: &[Section], reader: &mut Reader<'_>) {
    let name = |watch: &Section| watch.text("name").unwrap_or(watch.name()).trim().to_lowercase();
    for (index, watch) in watches.iter().enumerate() {
        if let Some(first) = watches.iter().take(index).find(|first| name(first) == name(watch)) {
            let twice =
                Diagnostic::new(watch.span("name"), format!("two watches have the name {:?}", watch.text("name").unwrap_or(watch.name())));
            reader.error(
                twice
                    .label(format!("also the name of `[watches.{}]`", first.name()))
                    .hint("give one of them another name, or put their terms together"),
            );
        }
    }
}

/// Reads the name and the terms of a watch or a rival.
fn brand(section: &Section, reader: &mut Reader<'_>) -> Brand {
    terms::check_terms(section, reader);
    Brand { name: section.text("name").unwrap_or(section.name()).trim().to_owned(), terms: section.texts("terms").to_vec() }
}

/// Puts a watch together.
fn watch(section: &Section, brand: Brand, rivals: Vec<Brand>, networks: &[String], reader: &mut Reader<'_>) -> Watch {
    terms::check_ambiguous(section, reader);
    terms::check_excludes(section, reader);
    let own = section.spanned_texts("own").filter_map(|(text, span)| own_account(text, span, networks, reader)).collect();
    Watch {
        id: section.name().to_owned(),
        brand,
        ambiguous: section.texts("ambiguous").to_vec(),
        context: section.texts("context").to_vec(),
        exclude: section.texts("exclude").to_vec(),
        own,
        rivals,
    }
}

/// Reads `network:handle`.
fn own_account(text: &str, span: std::ops::Range<usize>, networks: &[String], reader: &mut Reader<'_>) -> Option<Account> {
    let is_network =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    let parts = text.split_once(':').filter(|(network, handle)| {
        let handle = handle.trim_start_matches('@');
        is_network(network) && !handle.is_empty() && !handle.contains(char::is_whitespace) && !handle.starts_with('/')
    });
    if let Some((network, handle)) = parts {
        check_network(network, span, networks, reader);
        return Some(Account { network: Network::named(network), handle: handle.trim_start_matches('@').to_owned() });
    }
    let wrong = Diagnostic::new(span, format!("{text:?} is not `network:handle`"));
    reader.error(
        wrong
            .label("one of your own accounts")
            .hint("write the network in small letters, a colon and the handle: \"bluesky:nomadesk.com\", \"mastodon:@help@nomadesk.com\""),
    );
    None
}
