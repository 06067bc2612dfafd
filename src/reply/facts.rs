//! What a draft may state beside the post: the facts file.

use std::collections::BTreeMap;

/// A facts file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// No TOML, or a value that is no text.
    #[error("{0}")]
    Unreadable(String),
    /// No table `[facts]`.
    #[error("no table [facts] in it")]
    Missing,
}

/// The house's facts: a key such as `export_url`, and what may be said.
///
/// Keys that the built-in drafts know: `start_url`, `import_url`, `export_url`, `status_page`, `help_url`,
/// `pricing_url`, `trial_url` and `contact`. A question is answered with any fact whose key names its subject:
/// `api_url` for a post that asks for an API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, String>);

impl Facts {
    /// Reads the text of a facts file.
    pub fn read(file: &str) -> Result<Self, FactsError> {
        #[derive(serde::Deserialize)]
        struct File {
            facts: Option<BTreeMap<String, String>>,
        }
        let file: File = toml::from_str(file).map_err(|error| FactsError::Unreadable(error.to_string()))?;
        let facts = file.facts.ok_or(FactsError::Missing)?;
        Ok(facts.into_iter().map(|(key, value)| (key, value.trim().to_owned())).filter(|(_, value)| !value.is_empty()).collect())
    }

    /// What may be said under a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Finds the fact whose key names what the text is about; the longest word decides.
    pub fn about(&self, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).collect();
        self.keys()
            .flat_map(|key| key.split('_').map(move |part| (key, part)))
            .filter(|(_, part)| part.len() > 2 && !matches!(*part, "url" | "page" | "link" | "help" | "contact" | "start"))
            .filter(|(_, part)| words.iter().any(|word| word.starts_with(stem(part))))
            .max_by_key(|(_, part)| part.len())
            .map(|(key, _)| key)
    }
}

impl FromIterator<(String, String)> for Facts {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(facts: T) -> Self {
        Self(facts.into_iter().collect())
    }
}

/// Takes an English ending off, so that `pricing` hears "price" and "prices".
fn stem(word: &str) -> &str {
    word.strip_suffix("ing").or_else(|| word.strip_suffix('s')).filter(|stem| stem.len() > 3).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facts_file_is_a_table_of_texts() {
        let facts = Facts::read("[facts]\nexport_url = \" https://a.example/x \"\nempty = \"\"\n").expect("facts");
        assert_eq!(facts.get("export_url"), Some("https://a.example/x"));
        assert_eq!(facts.keys().count(), 1);
        assert_eq!(Facts::read("x = 1"), Err(FactsError::Missing));
        assert!(matches!(Facts::read("[facts]\nseats = 3"), Err(FactsError::Unreadable(_))));
    }

    #[test]
    fn a_question_finds_the_fact_that_names_its_subject() {
        let facts = Facts::read("[facts]\nexport_url = \"e\"\npricing_url = \"p\"\nhelp_url = \"h\"\n").expect("facts");
        assert_eq!(facts.about("How do I EXPORT everything?"), Some("export_url"));
        assert_eq!(facts.about("What are the prices?"), Some("pricing_url"));
        assert_eq!(facts.about("Is it fast?"), None);
        assert_eq!(facts.about("please help"), None);
    }
}
