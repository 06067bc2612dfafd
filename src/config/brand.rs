//! A configuration without a file: `courtier run --brand Nomadesk --rival Dropbox`.

use super::{Config, Diagnostics, Kinds, StandIns};

impl Config {
    /// Watches one brand and its rivals, with feeds and notifiers left to the caller.
    ///
    /// # Errors
    /// Says when a name is no name: empty, a single letter, a word that stands in every post.
    pub fn from_brand(brand: &str, rivals: &[String]) -> Result<Self, Diagnostics> {
        let text = Self::brand_text(brand, rivals);
        let (mut config, _) = Self::parse(&text, "the command line", &Kinds::default(), &StandIns)?;
        // There is no file whose lines a later message could show.
        config.source = super::Source::named("the command line");
        Ok(config)
    }

    /// Writes the file that `from_brand` stands for: `init` begins with it.
    pub fn brand_text(brand: &str, rivals: &[String]) -> String {
        let ids: Vec<String> = rivals.iter().enumerate().map(|(index, rival)| unlike(&id(rival, "rival"), index, brand, rivals)).collect();
        let mut parts =
            vec![format!("version = 1\n\n[watches.{}]\nname = {}\nterms = {}\n", id(brand, "brand"), quote(brand), terms(brand))];
        if !rivals.is_empty() {
            parts.push(format!("rivals = [{}]\n", ids.iter().map(|id| quote(id)).collect::<Vec<_>>().join(", ")));
        }
        let section = |(id, rival): (&String, &String)| format!("\n[rivals.{id}]\nname = {}\nterms = {}\n", quote(rival), terms(rival));
        parts.extend(ids.iter().zip(rivals).map(section));
        parts.concat()
    }
}

/// Makes the name of a section from the name of a brand.
fn id(name: &str, otherwise: &str) -> String {
    let id: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let id = id.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if id.is_empty() { otherwise.to_owned() } else { id.chars().take(40).collect() }
}

/// Keeps the names of sections apart when two brands would give the same.
fn unlike(wanted: &str, index: usize, brand: &str, rivals: &[String]) -> String {
    let taken = id(brand, "brand") == wanted || rivals.iter().take(index).any(|rival| id(rival, "rival") == wanted);
    if taken { format!("{wanted}-{}", index + 2) } else { wanted.to_owned() }
}

/// Gives the terms that stand for a name: itself, and its handle and tag when it can be one.
fn terms(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let joined: String = name.split_whitespace().collect();
    let mut terms = vec![name.clone()];
    if joined.chars().count() > 1 && joined.chars().all(|c| c.is_alphanumeric() || c == '_') {
        terms.push(format!("@{joined}"));
        terms.push(format!("#{joined}"));
    }
    format!("[{}]", terms.iter().map(|term| quote(term)).collect::<Vec<_>>().join(", "))
}

/// Writes a TOML string.
fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_and_its_rivals_need_no_file() {
        let config = Config::from_brand("Nomadesk", &["Dropbox".into(), "Next \"Cloud\"".into()]).unwrap();
        let [watch] = config.watches.as_slice() else { panic!("one watch") };
        assert_eq!(watch.id, "nomadesk");
        assert_eq!(watch.brand.terms, ["nomadesk", "@nomadesk", "#nomadesk"]);
        assert_eq!(watch.rivals.iter().map(|rival| rival.name.as_str()).collect::<Vec<_>>(), ["Dropbox", "Next \"Cloud\""]);
    }

    #[test]
    fn names_that_are_no_names_are_told() {
        for brand in ["", "x", "the", "..."] {
            assert!(Config::from_brand(brand, &[]).is_err(), "{brand:?}");
        }
        assert!(Config::from_brand("Nomadesk", &["nomadesk".into()]).is_err());
        assert!(Config::from_brand("日本", &["中国".into(), "韓国".into()]).is_ok());
    }
}
