//! `courtier explain`: why, and why not.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::Style;
use serde_json::{Value, json};

use crate::config::{Config, StandIns};
use crate::detect::{Detector, Outcome, Scratch, counts};
use crate::domain::{Hearing, IdSource, Mention, MentionId, Network, Reason, Watch};
use crate::engine::{self, Clock};
use crate::store::{Store as _, StoredMention};
use crate::triage::{Input, Past, Route, Routing, decide, priority};

use super::{Exit, Failure, Format, Output, marks, setup, visible};

/// Shows what is heard in a text, a URL or a stored mention, and why it became an alert or not.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A text in quotes, the URL of a stored mention, or its id (men_...).
    what: String,
    /// Hear it for this brand instead of a configuration.
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// A rival of the brand; may be given several times.
    #[arg(long, value_name = "NAME", requires = "brand")]
    rival: Vec<String>,
    /// The post is addressed to the brand, or stands on its page.
    #[arg(long)]
    about: bool,
    /// Language of the text, as a two-letter code.
    #[arg(long, value_name = "CODE")]
    lang: Option<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What one watch makes of it.
struct Answer<'a> {
    watch: &'a Watch,
    hearing: Option<Hearing>,
    reason: Reason,
    /// What more there is to say: the phrase, the term, what would have matched.
    detail: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let config = configuration(args, named)?;
    let is_id = args.what.parse::<MentionId>().is_ok();
    let is_url = args.what.starts_with("https://") || args.what.starts_with("http://");
    if is_id || (is_url && !args.what.contains(char::is_whitespace)) {
        return stored(args, &config);
    }
    let mut mention = Mention::new(Network::known("text"), "text", &args.what, Clock::system().now());
    mention.lang.clone_from(&args.lang);
    let answers = answers(args, &config, &mention);
    write(args, &mention, &answers, None)
}

fn configuration(args: &Args, named: Option<&Path>) -> Result<Config, Failure> {
    let Some(brand) = &args.brand else { return setup::config_of_store(named) };
    let text = Config::brand_text(brand, &args.rival);
    let parsed = Config::parse(&text, "the command line", &engine::kinds(), &StandIns);
    parsed.map(|(config, _)| config).map_err(|mistakes| setup::refuse(&mistakes))
}

/// Explains what the store remembers: the words of today's rules, the reason of that day.
fn stored(args: &Args, config: &Config) -> Result<Exit, Failure> {
    let store = setup::store_read_only(config)?;
    let cannot = |error| Failure::could_not("cannot read the store").because(error);
    let Some(found) = setup::runtime()?.block_on(store.mention(&args.what)).map_err(cannot)? else {
        return Err(Failure::new(Exit::Found, format!("`{}` is not stored", visible(&args.what)))
            .because("no feed brought it, or it names no watch; posts that name nobody are not kept")
            .hint("`courtier explain \"its text\"` says what would be heard in it; `courtier status` says which feeds hear"));
    };
    let answers = answers(args, config, &found.mention);
    write(args, &found.mention, &answers, Some(&found))
}

/// Asks every watch.
fn answers<'a>(args: &Args, config: &'a Config, mention: &Mention) -> Vec<Answer<'a>> {
    let detector = Detector::new(&config.watches);
    let mut mention = mention.clone();
    let heard = detector.hear(&mention, &mut Scratch::default());
    config
        .watches
        .iter()
        .enumerate()
        .map(|(index, watch)| {
            let outcome = heard.iter().find(|heard| heard.watch == index).map(|heard| heard.outcome.clone());
            match outcome {
                Some(Outcome::Named(hearing)) if !args.about => judged(config, watch, &mention, hearing),
                Some(Outcome::Excluded { phrase }) => {
                    Answer { watch, hearing: None, reason: Reason::Excluded, detail: Some(format!("the phrase is \"{phrase}\"")) }
                }
                Some(Outcome::Ambiguous { term }) if !args.about => {
                    let context = watch.context.join(", ");
                    let detail = format!("the term is \"{term}\"; one of these words would have decided: {context}");
                    Answer { watch, hearing: None, reason: Reason::Ambiguous, detail: Some(detail) }
                }
                _ if args.about => {
                    mention.addressed.clone_from(&watch.brand.terms);
                    let brand = crate::detect::CompiledBrand::new(&watch.brand, &watch.rivals);
                    let hearing = crate::detect::hear_text(&mention.text, mention.lang.as_deref(), &brand, true);
                    judged(config, watch, &mention, hearing)
                }
                _ => Answer { watch, hearing: None, reason: Reason::NotNamed, detail: Some(nearest(watch, &mention.text)) },
            }
        })
        .collect()
}

/// Decides as the daemon would for an author nobody knows yet.
fn judged<'a>(config: &Config, watch: &'a Watch, mention: &Mention, hearing: Hearing) -> Answer<'a> {
    let route = Route { to: vec!["somebody".into()], ..Route::default() };
    let routing = Routing { routes: vec![route], notifiers: Vec::new() };
    let opens = (!config.hours.is_staffed(mention.seen)).then(|| config.hours.next_opening(mention.seen));
    let input = Input { mention, feed: "text", watch, hearing: &hearing, past: &Past::default(), now: mention.seen, opens };
    let reason = decide(&input, &routing, &IdSource::new(0)).decision.reason;
    let lowered = hearing.findings.iter().filter(|finding| !counts(finding)).count();
    let detail = (reason == Reason::NoSignal && lowered > 0)
        .then(|| format!("{lowered} finding(s) would have counted without what stands beside them"));
    Answer { watch, hearing: Some(hearing), reason, detail }
}

/// Names the word of the text that comes closest to a term: most misses are a letter away.
fn nearest(watch: &Watch, text: &str) -> String {
    let mut best: Option<(f64, String, &str)> = None;
    for word in text.split_whitespace().take(500) {
        let plain: String = word.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        for term in &watch.brand.terms {
            let likeness = strsim::jaro_winkler(&plain, term.trim_start_matches(['@', '#']));
            if likeness > best.as_ref().map_or(0.8, |(best, ..)| *best) {
                best = Some((likeness, word.to_owned(), term));
            }
        }
    }
    let terms = watch.brand.terms.join(", ");
    match best {
        Some((_, word, term)) => format!("its terms are {terms}; the closest word is \"{}\", which is not \"{term}\"", visible(&word)),
        None => format!("its terms are {terms}"),
    }
}

fn write(args: &Args, mention: &Mention, answers: &[Answer<'_>], stored: Option<&StoredMention>) -> Result<Exit, Failure> {
    let output = Output::new(args.format);
    if args.format == Format::Table {
        output.text(&text(mention, answers, stored))?;
    } else {
        let answers: Vec<Value> = answers.iter().map(object).collect();
        let then = stored.map(|stored| {
            stored.heard.iter().map(|(watch, _, reason, case)| json!({"watch": watch, "reason": reason, "case": case})).collect::<Vec<_>>()
        });
        output.json(&json!({"text": mention.text, "watches": answers, "decided_then": then}))?;
    }
    Ok(Exit::Fine)
}

fn object(answer: &Answer<'_>) -> Value {
    json!({
        "watch": answer.watch.id,
        "heard": answer.hearing,
        "priority": answer.hearing.as_ref().map(priority),
        "reason": answer.reason,
        "says": answer.reason.says(),
        "detail": answer.detail,
    })
}

fn text(mention: &Mention, answers: &[Answer<'_>], stored: Option<&StoredMention>) -> String {
    let bold = Style::new().bold();
    let mut text = String::new();
    for answer in answers {
        writeln!(text, "{bold}{}{bold:#}", answer.watch.brand.name).ok();
        if let Some(hearing) = &answer.hearing {
            heard(&mut text, mention, hearing);
        }
        let verdict = if answer.reason.alerts() { "alert" } else { "no alert" };
        writeln!(text, "  {verdict}: {} ({})", answer.reason.says(), answer.reason).ok();
        if let Some(detail) = &answer.detail {
            writeln!(text, "  {}", visible(detail)).ok();
        }
        let then = stored.into_iter().flat_map(|stored| &stored.heard).find(|(watch, ..)| *watch == answer.watch.id);
        if let (Some((_, _, reason, case)), Some(stored)) = (then, stored) {
            let case = case.map_or(String::new(), |case| format!(", {case}"));
            writeln!(text, "  decided {}: {} ({reason}{case})", stored.decided.strftime("%Y-%m-%d %H:%MZ"), reason.says()).ok();
        }
        text.push('\n');
    }
    // Watches of that day that the configuration does not have any more, or a store of `run --brand`.
    let gone =
        stored.into_iter().flat_map(|stored| &stored.heard).filter(|(watch, ..)| !answers.iter().any(|answer| answer.watch.id == *watch));
    for (watch, hearing, reason, case) in gone {
        writeln!(text, "{bold}{}{bold:#}", visible(watch)).ok();
        heard(&mut text, mention, hearing);
        let case = case.map_or(String::new(), |case| format!(", {case}"));
        writeln!(text, "  decided then: {} ({reason}{case})\n", reason.says()).ok();
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn heard(text: &mut String, mention: &Mention, hearing: &Hearing) {
    let asks = if hearing.asks { ", asks" } else { "" };
    let lang = hearing.lang.as_deref().unwrap_or("unknown language");
    writeln!(text, "  {}, {}{asks}, {lang}", hearing.primary, priority(hearing)).ok();
    if let Some(switch) = &hearing.switch {
        let name = |side: &Option<String>| side.as_deref().map_or_else(|| "nobody named".to_owned(), visible);
        let why = switch.reason.map_or(String::new(), |why| format!(", because of {why}"));
        writeln!(text, "  {} > {}: {}, {}{why}", name(&switch.left), name(&switch.joined), switch.status, switch.stance).ok();
    }
    for finding in &hearing.findings {
        let lowered: Vec<&str> = finding.attributes.iter().map(|attribute| attribute.as_str()).collect();
        let lowered = if lowered.is_empty() { String::new() } else { format!(" [{}]", lowered.join(", ")) };
        writeln!(text, "  {} {:.2}{lowered}", finding.rule, finding.score).ok();
        writeln!(text, "    {}", marks::line(&mention.text, std::slice::from_ref(finding), 300)).ok();
    }
}
