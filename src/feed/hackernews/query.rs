//! What is asked of Algolia: which words, and the settings that make it exact.

use url::Url;

/// Above this many groups of words, reading everything is cheaper: all of Hacker News is some ten items a minute.
const GROUPS: usize = 8;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// Items that hold these words next to each other.
    Words(String),
    /// Items by this author.
    By(String),
    /// Every item.
    All,
}

/// Groups terms into as few questions as bring all of them; none or many terms are asked as [`Question::All`].
///
/// `@nomadesk`, `#nomadesk` and `nomadesk.com` all hold the word `nomadesk`: one question finds them.
pub(super) fn questions(terms: &[String]) -> Vec<Question> {
    let mut phrases: Vec<Vec<String>> = terms.iter().map(|term| words(term)).filter(|words| !words.is_empty()).collect();
    // What cannot be asked by word (`C++`, a prefix) can only be found by reading everything.
    if phrases.len() < terms.len() || terms.is_empty() {
        return vec![Question::All];
    }
    phrases.sort_by_key(Vec::len);
    let mut kept: Vec<Vec<String>> = Vec::new();
    for phrase in phrases {
        if !kept.iter().any(|short| phrase.windows(short.len()).any(|part| part == short.as_slice())) {
            kept.push(phrase);
        }
    }
    if kept.len() > GROUPS {
        return vec![Question::All];
    }
    kept.into_iter().map(|words| Question::Words(words.join(" "))).collect()
}

/// Cuts a term as Algolia does; nothing for a term that is more than words.
fn words(term: &str) -> Vec<String> {
    let plain = term.trim().trim_start_matches(['@', '#']).trim_start_matches("case:");
    if plain.contains(['*', '+', '`', '$', '&']) {
        return Vec::new();
    }
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Writes the URL of a search by date over `[from, to]`, seconds since 1970.
///
/// Typing mistakes and word starts are not matched, and the author's name is not searched: a user
/// named like the brand is no mention of it (Algolia's `search_by_date`, November 2026).
pub(super) fn search(base: &Url, question: &Question, from: i64, to: Option<i64>) -> String {
    let mut url = base.clone();
    let path = format!("{}/api/v1/search_by_date", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let window = match to {
        Some(to) => format!("created_at_i>={from},created_at_i<={to}"),
        None => format!("created_at_i>={from}"),
    };
    let mut tags = "(story,comment,poll)".to_owned();
    let mut pairs = url.query_pairs_mut();
    match question {
        Question::Words(words) => {
            pairs.append_pair("query", &format!("\"{words}\""));
        }
        Question::By(author) => tags = format!("{tags},author_{author}"),
        Question::All => {}
    }
    pairs
        .append_pair("tags", &tags)
        .append_pair("numericFilters", &window)
        .append_pair("hitsPerPage", &HITS.to_string())
        .append_pair("typoTolerance", "false")
        .append_pair("queryType", "prefixNone")
        .append_pair("restrictSearchableAttributes", "title,story_text,comment_text,url");
    drop(pairs);
    url.into()
}

/// The most hits of one answer; there is no second page behind it.
pub(super) const HITS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(terms: &[&str]) -> Vec<Question> {
        questions(&terms.iter().map(|term| (*term).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn one_question_brings_all_spellings_of_a_word() {
        let one = ask(&["nomadesk", "@nomadesk", "#Nomadesk", "nomadesk.com", "Nomadesk for Teams"]);
        assert_eq!(one, [Question::Words("nomadesk".into())]);
        assert_eq!(ask(&["drop box", "box drive"]).len(), 2);
    }

    #[test]
    fn no_terms_many_terms_and_symbols_mean_everything() {
        assert_eq!(ask(&[]), [Question::All]);
        assert_eq!(ask(&["dropbox", "`C++`"]), [Question::All]);
        let many: Vec<String> = (0..50).map(|number| format!("brand{number}")).collect();
        assert_eq!(questions(&many), [Question::All]);
    }

    #[test]
    fn the_settings_are_exact() {
        let base = Url::parse("https://hn.algolia.com").expect("a URL");
        let url = Url::parse(&search(&base, &Question::Words("drop box".into()), 5, Some(9))).expect("a URL");
        let pair = |key: &str| url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned());
        assert_eq!(url.path(), "/api/v1/search_by_date");
        assert_eq!(pair("query").as_deref(), Some("\"drop box\""));
        assert_eq!(pair("numericFilters").as_deref(), Some("created_at_i>=5,created_at_i<=9"));
        assert_eq!((pair("typoTolerance").as_deref(), pair("queryType").as_deref()), (Some("false"), Some("prefixNone")));
        assert!(!pair("restrictSearchableAttributes").expect("set").contains("author"));
        let mine = search(&base, &Question::By("kim".into()), 5, None);
        assert!(mine.contains("author_kim") && !mine.contains("query="), "{mine}");
    }
}
