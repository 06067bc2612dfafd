//! The whole file: spanned TOML first, then every part by its list of keys.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::feeds::FeedSection;
use super::kinds::{Kind, TYPE_FIELD};
use super::notifiers::{NotifierSection, check_fallbacks};
use super::parts::{PARTS, Part, Shape, VERSION};
use super::read::{Key, Raw, Reader, article, unknown};
use super::value::nearest;
use super::{Config, Diagnostic, Diagnostics, Kinds, Secrets, Section, Source, hours, routes, rules, settings, syntax, watches};

impl Config {
    /// Reads a configuration; gives it with its warnings, or everything that is wrong at once.
    ///
    /// Pure: `secrets` is the only way to anything beyond `text`. `origin` is the name to show.
    pub fn parse(text: &str, origin: &str, kinds: &Kinds, secrets: &dyn Secrets) -> Result<(Self, Vec<Diagnostic>), Diagnostics> {
        if text.trim().is_empty() {
            let empty = Diagnostic::new(0..0, "the file is empty").hint("`courtier init` writes one to begin with");
            return Err(Source::named(origin).report(vec![empty], Vec::new()));
        }
        let (document, mistakes) = DeTable::parse_recoverable(text);
        let mistakes = syntax::told(text, &mistakes);
        if mistakes.fatal {
            return Err(Source::broken(origin, text).report(mistakes.list, Vec::new()));
        }
        let mut reader = Reader::new(secrets);
        reader.errors = mistakes.list;
        let mut config = File { text, kinds, reader: &mut reader }.read(document.get_ref());
        let source = Source::masked(origin, text, &reader.masks);
        if reader.errors.is_empty() {
            config.source = source;
            Ok((config, reader.warnings))
        } else {
            Err(source.report(reader.errors, reader.warnings))
        }
    }
}

/// The checked sections of every part, before they become a [`Config`].
#[derive(Default)]
struct Sections {
    by_part: BTreeMap<&'static str, Vec<(Option<&'static str>, Section)>>,
}

impl Sections {
    fn all(&self, part: &Part) -> Vec<Section> {
        self.by_part.get(part.key).into_iter().flatten().map(|(_, section)| section.clone()).collect()
    }

    fn one(&self, part: &Part) -> Section {
        self.all(part).into_iter().next().unwrap_or_default()
    }

    fn kinds(&mut self, part: &Part) -> Vec<(&'static str, Section)> {
        let sections = self.by_part.remove(part.key).unwrap_or_default();
        sections.into_iter().filter_map(|(kind, section)| Some((kind?, section))).collect()
    }
}

/// One file on its way.
struct File<'a, 'r, 's> {
    text: &'a str,
    kinds: &'a Kinds,
    reader: &'r mut Reader<'s>,
}

impl File<'_, '_, '_> {
    /// Reads every part and puts the configuration together.
    fn read(&mut self, document: &DeTable<'_>) -> Config {
        self.version(document);
        for (key, _) in document {
            let known: Vec<&str> = PARTS.iter().map(|part| part.key).chain(["version"]).collect();
            if !known.contains(&key.get_ref().as_ref()) {
                self.reader.error(unknown(key, "key", "the file", &known));
            }
        }
        let mut sections = Sections::default();
        // The network first: what it allows governs the URLs of all others.
        let (first, rest): (Vec<&Part>, Vec<&Part>) = PARTS.iter().partition(|part| part.key == settings::NET.key);
        let mut net = settings::NetSettings::default();
        for part in first {
            self.part(part, document, &mut sections);
            net = settings::net(&sections.one(part), self.reader);
            self.reader.allow_private.clone_from(&net.allow_private);
        }
        for part in rest {
            self.part(part, document, &mut sections);
        }
        let mut config = self.put_together(&mut sections, document);
        config.net = net;
        config
    }

    /// Checks the version of the format.
    fn version(&mut self, document: &DeTable<'_>) {
        let Some(raw) = document.get("version") else {
            let missing = Diagnostic::new(0..0, "the file does not say for which version it was written");
            self.reader.error(missing.hint(format!("let it begin with `version = {VERSION}`")));
            return;
        };
        let number = raw.get_ref().as_integer().and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        match number {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => self.reader.error(
                Diagnostic::new(raw.span(), format!("the file was written for version {newer}; this courtier reads version {VERSION}"))
                    .hint("use a newer courtier"),
            ),
            _ => {
                let odd = Diagnostic::new(raw.span(), "`version` must be a whole number from 1 on");
                self.reader.error(odd.label(format!("this is {}", article(raw.get_ref()))).hint(format!("write `version = {VERSION}`")));
            }
        }
    }

    /// Reads one part into its sections.
    fn part(&mut self, part: &'static Part, document: &DeTable<'_>, sections: &mut Sections) {
        let Some((key, raw)) = document.get_key_value(part.key) else { return };
        let mut found = Vec::new();
        match (part.shape, raw.get_ref()) {
            (Shape::Table, DeValue::Table(table)) => {
                found.push((None, self.reader.section(part.key, key.span(), &part.header(""), table, &[part.fields])));
            }
            (Shape::Named | Shape::Kinds, DeValue::Table(tables)) => {
                for (name, raw) in tables {
                    let Some(table) = raw.get_ref().as_table() else {
                        self.misplaced(part, name, raw);
                        continue;
                    };
                    self.check_name(part, name);
                    found.extend(self.named(part, name, table));
                }
            }
            (Shape::List, DeValue::Array(items)) => {
                for item in items {
                    let Some(table) = item.get_ref().as_table() else {
                        self.wrong_shape(part, item.span(), item.get_ref());
                        continue;
                    };
                    // The place of a `[[routes]]` is its header; an item of an inline list has its own.
                    found.push((None, self.reader.section(part.key, item.span(), &part.header(""), table, &[part.fields])));
                }
            }
            (_, other) => self.wrong_shape(part, key.span(), other),
        }
        sections.by_part.insert(part.key, found);
    }

    /// Reads one section with a name.
    fn named(&mut self, part: &'static Part, name: &Key<'_>, table: &DeTable<'_>) -> Option<(Option<&'static str>, Section)> {
        let place = part.header(name.get_ref());
        if part.shape != Shape::Kinds {
            return Some((None, self.reader.section(name.get_ref(), name.span(), &place, table, &[part.fields])));
        }
        let all = self.kinds;
        let kinds = if part.key == "feeds" { &all.feeds } else { &all.notifiers };
        let kind = self.kind(kinds, name, &place, table)?;
        let section = self.reader.section(name.get_ref(), name.span(), &place, table, &[TYPE_FIELD, kind.fields, part.fields]);
        Some((Some(kind.name), section))
    }

    /// Finds the kind that `type` names.
    fn kind(&mut self, kinds: &[Kind], name: &Key<'_>, place: &str, table: &DeTable<'_>) -> Option<Kind> {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        let list = || names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let Some(raw) = table.get("type") else {
            let missing = Diagnostic::new(name.span(), format!("{place} has no `type`"));
            self.reader.error(missing.label("`type` is missing here").hint(format!("add `type = ...`, one of {}", list())));
            return None;
        };
        let Some(word) = raw.get_ref().as_str() else {
            let odd = Diagnostic::new(raw.span(), "`type` must be a text").label(format!("this is {}", article(raw.get_ref())));
            self.reader.error(odd.hint(format!("one of {}", list())));
            return None;
        };
        let found = kinds.iter().find(|kind| kind.name == word).copied();
        if found.is_none() {
            let hint = nearest(word, names.iter().copied())
                .map_or_else(|| format!("known are {}", list()), |near| format!("did you mean \"{near}\"?"));
            self.reader.error(Diagnostic::new(raw.span(), format!("the type {word:?} is not known")).hint(hint));
            // Which of its values are secret is not known either.
            self.reader.masks.extend(table.iter().filter(|(key, _)| key.get_ref() != "type").map(|(_, raw)| raw.span()));
        }
        found
    }

    /// Notes a key that stands where a section's name belongs.
    fn misplaced(&mut self, part: &Part, key: &Key<'_>, raw: &Raw<'_>) {
        self.reader.masks.push(raw.span());
        let message = format!("[{}] holds sections with names, and no keys of its own", part.key);
        let odd = Diagnostic::new(key.span(), message).label("no section");
        self.reader.error(odd.hint(format!("give the section a name of your choice: `{}`", part.header("name"))));
    }

    /// Notes a part that stands in the file in another shape than it must.
    fn wrong_shape(&mut self, part: &Part, span: Range<usize>, found: &DeValue<'_>) {
        let odd = Diagnostic::new(span, format!("`{}` must be written as `{}`", part.key, part.header("name")));
        self.reader.error(odd.label(format!("this is {}", article(found))).hint(match part.shape {
            Shape::List => format!("put the name into double brackets: `[[{}]]`", part.key),
            _ => format!("begin a section with `{}`", part.header("name")),
        }));
    }

    /// Checks that the name of a section can stand in a metric, a log line and a command.
    fn check_name(&mut self, part: &Part, name: &Key<'_>) {
        let text = name.get_ref();
        let plain = !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !plain {
            let odd = Diagnostic::new(name.span(), format!("`{}` cannot be the name of a section", text.escape_debug()));
            self.reader.error(odd.hint(format!("use letters, digits and dashes, at most 64: `{}`", part.header("my-name"))));
        }
    }

    /// Turns checked sections into the configuration.
    fn put_together(&mut self, sections: &mut Sections, document: &DeTable<'_>) -> Config {
        let (watch_sections, rival_sections) = (sections.all(&watches::WATCHES), sections.all(&watches::RIVALS));
        // Names as they stand in the file: a section with a mistake inside can still be referred to.
        let names = |part: &Part| -> Vec<String> {
            let table = document.get(part.key).and_then(|raw| raw.get_ref().as_table());
            table.into_iter().flat_map(|table| table.keys()).map(|key| key.get_ref().to_string()).collect()
        };
        let (watch_names, feed_names, notifier_names) =
            (names(&watches::WATCHES), names(&super::feeds::FEEDS), names(&super::notifiers::NOTIFIERS));
        // A part in the wrong shape was told already.
        let none_meant = document.get(watches::WATCHES.key).is_none_or(|raw| raw.get_ref().is_table());
        if watch_names.is_empty() && none_meant {
            let none = Diagnostic::new(self.text.len()..self.text.len(), "there is nothing to listen for");
            self.reader.error(none.hint("add a section `[watches.name]` with `terms = [\"...\"]`"));
        }
        let feeds = sections.kinds(&super::feeds::FEEDS);
        let notifiers = sections.kinds(&super::notifiers::NOTIFIERS);
        let reader = &mut *self.reader;
        let networks = super::feeds::networks(&self.kinds.feeds, &feeds);
        let (watches, rivals) = watches::read(&watch_sections, &rival_sections, &networks, reader);
        let feeds: Vec<_> = feeds.into_iter().map(|(kind, section)| FeedSection::new(kind, section, &watch_names, reader)).collect();
        let notifiers: Vec<_> = notifiers.into_iter().map(|(kind, section)| NotifierSection::new(kind, section)).collect();
        check_fallbacks(&notifiers, &notifier_names, reader);
        let hours = hours::read(&sections.one(&hours::HOURS), reader);
        let known =
            routes::Names { text: self.text, watches: &watch_names, feeds: &feed_names, networks: &networks, notifiers: &notifier_names };
        Config {
            routes: routes::read(&sections.all(&routes::ROUTES), &known, hours.are_set(), reader),
            rules: rules::read(self.text, &sections.all(&rules::RULES), &watch_names, reader),
            reply: settings::reply(&sections.one(&settings::REPLY)),
            store: settings::store(&sections.one(&settings::STORE), reader),
            privacy: settings::privacy(&sections.one(&settings::PRIVACY)),
            log: settings::log(&sections.one(&settings::LOG)),
            web: settings::web(&sections.one(&settings::WEB), reader),
            source: Source::default(),
            net: settings::NetSettings::default(),
            watches,
            rivals,
            feeds,
            notifiers,
            hours,
        }
    }
}
