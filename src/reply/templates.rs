//! The words of the drafts: a file per language and kind, variants in each.
//!
//! Variants are parted by a line `---`. A variant is a Jinja template that
//! knows `hello`, `name`, `brand`, `rival`, `why`, `status`, `done`, `known` and
//! `facts`; it states nothing else.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};

use super::kind::Kind;

/// Every built-in file: language, kind, text.
const FILES: &[(&str, Kind, &str)] = &[
    ("en", Kind::ThankYou, include_str!("templates/en/thank_you.txt")),
    ("en", Kind::Invite, include_str!("templates/en/invite.txt")),
    ("en", Kind::RecoveryStay, include_str!("templates/en/recovery_stay.txt")),
    ("en", Kind::RecoveryGoing, include_str!("templates/en/recovery_going.txt")),
    ("en", Kind::RecoveryGone, include_str!("templates/en/recovery_gone.txt")),
    ("en", Kind::Help, include_str!("templates/en/help.txt")),
    ("en", Kind::Answer, include_str!("templates/en/answer.txt")),
    ("en", Kind::Thanks, include_str!("templates/en/thanks.txt")),
    ("en", Kind::Opportunity, include_str!("templates/en/opportunity.txt")),
    ("de", Kind::ThankYou, include_str!("templates/de/thank_you.txt")),
    ("de", Kind::Invite, include_str!("templates/de/invite.txt")),
    ("de", Kind::RecoveryStay, include_str!("templates/de/recovery_stay.txt")),
    ("de", Kind::RecoveryGoing, include_str!("templates/de/recovery_going.txt")),
    ("de", Kind::RecoveryGone, include_str!("templates/de/recovery_gone.txt")),
    ("de", Kind::Help, include_str!("templates/de/help.txt")),
    ("de", Kind::Answer, include_str!("templates/de/answer.txt")),
    ("de", Kind::Thanks, include_str!("templates/de/thanks.txt")),
    ("de", Kind::Opportunity, include_str!("templates/de/opportunity.txt")),
];

/// The built-in templates, compiled once.
static BUILT_IN: LazyLock<Templates> = LazyLock::new(Templates::built_in);

/// Compiled variants by language and kind.
#[derive(Debug)]
pub(super) struct Templates {
    engine: Environment<'static>,
    variants: BTreeMap<(&'static str, Kind), Vec<String>>,
}

impl Templates {
    /// Gives the built-in ones.
    pub(super) fn get() -> &'static Self {
        &BUILT_IN
    }

    fn built_in() -> Self {
        let mut engine = Environment::new();
        // Printing what is not there is an error, asking for it is not.
        engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        let mut variants: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for &(lang, kind, file) in FILES {
            for (index, text) in file.split("\n---\n").enumerate() {
                let name = format!("{lang}/{kind:?}/{index}");
                engine.add_template_owned(name.clone(), text.trim().to_owned()).expect("a test compiles every built-in template");
                variants.entry((lang, kind)).or_default().push(name);
            }
        }
        Self { engine, variants }
    }

    /// Gives the language in which a kind of draft is written for a post, and its variants.
    pub(super) fn variants(&self, lang: Option<&str>, kind: Kind) -> (&'static str, &[String]) {
        let found = |wanted: &str| self.variants.iter().find(|((lang, at), _)| *at == kind && *lang == wanted);
        let ((lang, _), names) = lang.and_then(found).or_else(|| found("en")).expect("a test finds every kind in English");
        (lang, names)
    }

    /// Writes one variant; the error says what it wanted to state and could not.
    pub(super) fn write(&self, name: &str, words: &minijinja::Value) -> Result<String, minijinja::Error> {
        self.engine.get_template(name)?.render(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_several_variants_in_english() {
        for &kind in Kind::ALL {
            let (lang, names) = Templates::get().variants(Some("en"), kind);
            assert_eq!(lang, "en");
            assert!(names.len() >= 4, "{kind:?}: ten drafts must not read alike");
            assert_eq!(Templates::get().variants(Some("fi"), kind).0, "en", "an unknown language falls back");
            assert_eq!(Templates::get().variants(None, kind).0, "en");
        }
    }
}
