//! One section on its own: for samples of feeds and notifiers and for tests.

use toml::de::{DeTable, DeValue};

use super::kinds::TYPE_FIELD;
use super::read::Reader;
use super::{Diagnostics, Field, Secrets, Section, Source};

impl Section {
    /// Reads the first `[feeds.name]` or `[notifiers.name]` of a text, as in a kind's sample.
    ///
    /// `fields` are the kind's own, `common` those that all feeds or all notifiers take. URLs may be
    /// anything that a file may name; secrets come from `secrets`.
    ///
    /// # Errors
    ///
    /// All mistakes, with their places in `text`.
    pub fn read(text: &str, fields: &'static [Field], common: &'static [Field], secrets: &dyn Secrets) -> Result<Self, Diagnostics> {
        let document = DeTable::parse(text)
            .map_err(|error| Source::broken("sample", text).report(super::syntax::told(text, &[error]).list, Vec::new()))?;
        let mut reader = Reader::new(secrets);
        let section = document.get_ref().iter().find_map(|(_, group)| match group.get_ref() {
            DeValue::Table(group) => group.iter().find_map(|(key, raw)| {
                let table = raw.get_ref().as_table()?;
                Some(reader.section(key.get_ref(), key.span(), &format!("[{}]", key.get_ref()), table, &[TYPE_FIELD, fields, common]))
            }),
            _ => None,
        });
        let source = Source::masked("sample", text, &reader.masks);
        match section {
            Some(section) if reader.errors.is_empty() => Ok(section),
            Some(_) => Err(source.report(reader.errors, Vec::new())),
            None => Err(source.report(vec![super::Diagnostic::new(0..0, "there is no section such as [feeds.name]")], Vec::new())),
        }
    }
}
