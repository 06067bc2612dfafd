//! `courtier explain`: why, and why not.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::Style;
use serde_json::{Value, json};

use crate::config::{Config, StandIns};
use crate::detect::{Outcome, Scratch, counts};
use crate::domain::{Hearing, IdSource, Mention, MentionId, Network, Reason, Watch};
use crate::engine::{self, Clock, Plan};
use crate::store::{Store as _, StoredMention};
use crate::triage::{Input, Past, Route, Routing, decide, priority};

use super::nearest::{self, Nearest};
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
    /// Say of this rule of your own on which words it fires, or what is missing.
    #[arg(long, value_name = "ID", conflicts_with = "brand")]
    rule: Option<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The network and the feed of a text that is given here.
const TEXT: &str = "text";

/// What one watch makes of it.
struct Answer<'a> {
    watch: &'a Watch,
    hearing: Option<Hearing>,
    reason: Reason,
    /// What more there is to say: the phrase, the term, what would have matched.
    detail: Option<String>,
    /// The words that come closest to a term.
    nearest: Option<Nearest>,
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let config = configuration(args, named)?;
    let is_id = args.what.parse::<MentionId>().is_ok();
    let is_url = args.what.starts_with("https://") || args.what.starts_with("http://");
    if is_id || (is_url && !args.what.contains(char::is_whitespace)) {
        return stored(args, &config);
    }
    let mut mention = Mention::new(Network::known(TEXT), TEXT, &args.what, Clock::system().now());
    mention.lang.clone_from(&args.lang);
    let answers = answers(args, &config, &mention, TEXT)?;
    write(args, &mention, &answers, None, tried(args, &config, &mention)?.as_ref())
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
    // Words that are gone cannot be heard again: what was decided then is all there is.
    let answers = if found.mention.text.is_empty() { Vec::new() } else { answers(args, config, &found.mention, &found.feed)? };
    let tried = if found.mention.text.is_empty() { None } else { tried(args, config, &found.mention)? };
    write(args, &found.mention, &answers, Some(&found), tried.as_ref())
}

/// What the rule makes of it that was asked about: its words, or why it does not fire.
type Tried = Result<Vec<String>, String>;

/// Tries the rule that was asked about.
fn tried(args: &Args, config: &Config, mention: &Mention) -> Result<Option<Tried>, Failure> {
    let Some(id) = &args.rule else { return Ok(None) };
    let Some(index) = config.rules.iter().position(|rule| rule.id == *id) else {
        let known: Vec<&str> = config.rules.iter().map(|rule| rule.id.as_str()).collect();
        let hint = if known.is_empty() { "it has no [[rules]]".to_owned() } else { format!("there are {}", known.join(", ")) };
        return Err(Failure::usage(format!("the configuration has no rule `{}`", visible(id))).hint(hint));
    };
    let detector = engine::detector(config).map_err(|mistakes| setup::refuse_parts(config, mistakes))?;
    Ok(Some(detector.try_rule(index, mention, &mut Scratch::default())))
}

/// Says in words what the rule makes of it.
fn tried_says(rule: &str, tried: &Tried) -> String {
    match tried {
        Ok(words) if words.is_empty() => format!("{rule} fires by its fields alone"),
        Ok(words) => {
            format!("{rule} fires on {}", words.iter().map(|word| format!("\"{}\"", visible(word))).collect::<Vec<_>>().join(", "))
        }
        Err(why) => format!("{rule} does not fire: {}", visible(why)),
    }
}

/// Asks every watch, with the plan that the daemon would build.
fn answers<'a>(args: &Args, config: &'a Config, mention: &Mention, feed: &str) -> Result<Vec<Answer<'a>>, Failure> {
    let hears = setup::rehearing_untested(config)?;
    let plan = hears.plan();
    let mut mention = mention.clone();
    let heard = plan.hear(&mention, &[], &mut Scratch::default());
    let mut answers = Vec::new();
    for (index, watch) in config.watches.iter().enumerate() {
        let outcome = heard.iter().find(|heard| heard.watch == index).map(|heard| heard.outcome.clone());
        answers.push(match outcome {
            Some(Outcome::Named(hearing)) if !args.about => judged(plan, watch, &mention, feed, hearing),
            Some(Outcome::Excluded { phrase }) => {
                let detail = format!("the phrase is \"{phrase}\"");
                Answer { watch, hearing: None, reason: Reason::Excluded, detail: Some(detail), nearest: None }
            }
            Some(Outcome::Ambiguous { term }) if !args.about => {
                let context = watch.context.join(", ");
                let detail = format!("the term is \"{term}\"; one of these words would have decided: {context}");
                Answer { watch, hearing: None, reason: Reason::Ambiguous, detail: Some(detail), nearest: None }
            }
            _ if args.about => {
                mention.addressed.clone_from(&watch.brand.terms);
                let brand = crate::detect::CompiledBrand::new(&watch.brand, &watch.rivals);
                let mut hearing = crate::detect::hear_text(&mention.text, mention.lang.as_deref(), &brand, true);
                plan.detector.own().add(&mut hearing, &mention, index, true);
                judged(plan, watch, &mention, feed, hearing)
            }
            _ => unnamed(watch, &mention.text),
        });
    }
    Ok(answers)
}

/// Decides as the daemon would for an author nobody knows yet.
fn judged<'a>(plan: &Plan, watch: &'a Watch, mention: &Mention, feed: &str, hearing: Hearing) -> Answer<'a> {
    // Without a notifier there is nobody to route to: then the question is only what was heard.
    let somebody = Routing { routes: vec![Route { to: vec!["somebody".into()], ..Route::default() }], notifiers: Vec::new() };
    let nobody = plan.routing.routes.is_empty() && plan.routing.notifiers.is_empty();
    let routing = if nobody { &somebody } else { &*plan.routing };
    let (now, past) = (mention.seen, Past::default());
    let input = Input { mention, feed, watch, hearing: &hearing, past: &past, now, opens: (plan.opens)(now) };
    let reason = decide(&input, routing, &IdSource::new(0)).decision.reason;
    let lowered: Vec<_> = hearing.findings.iter().filter(|finding| !counts(finding)).collect();
    let particular = |route: &Route| !route.when.feed.is_empty() || !route.when.network.is_empty();
    let detail = match reason {
        Reason::NoSignal if !lowered.is_empty() => {
            let attributes = lowered.iter().flat_map(|finding| &finding.attributes);
            let mut against: Vec<&str> = attributes.filter(|one| !one.is_wish()).map(|one| one.as_str()).collect();
            against.sort_unstable();
            against.dedup();
            let rules: Vec<&str> = lowered.iter().map(|finding| finding.rule.as_str()).collect();
            Some(format!("{} would have counted, were it not {}", rules.join(", "), against.join(", ")))
        }
        Reason::NoRoute if feed == TEXT && routing.routes.iter().any(particular) => {
            Some("a text given here comes from no feed and no network; a route that asks for one cannot take it".to_owned())
        }
        Reason::NoRoute => {
            let to: Vec<String> =
                routing.routes.iter().zip(1..).map(|(route, number)| format!("{number} to {}", route.to.join(", "))).collect();
            Some(format!("it is {} and {}; the routes are {}", hearing.primary, priority(&hearing), to.join("; ")))
        }
        _ => None,
    };
    Answer { watch, hearing: Some(hearing), reason, detail, nearest: None }
}

/// Says what would have matched, where no term of the watch stands in the text.
fn unnamed<'a>(watch: &'a Watch, text: &str) -> Answer<'a> {
    let nearest = nearest::nearest(watch, text);
    let mut detail = format!("its terms are {}", watch.brand.terms.join(", "));
    if let Some(nearest) = &nearest {
        write!(detail, "; {}", visible(&nearest.says())).ok();
    }
    let rivals = nearest::rivals(watch, text);
    if !rivals.is_empty() {
        write!(
            detail,
            "; it names {}: a post without the brand counts when somebody leaves a rival and has chosen nobody",
            rivals.join(", ")
        )
        .ok();
    }
    Answer { watch, hearing: None, reason: Reason::NotNamed, detail: Some(detail), nearest }
}

fn write(
    args: &Args,
    mention: &Mention,
    answers: &[Answer<'_>],
    stored: Option<&StoredMention>,
    tried: Option<&Tried>,
) -> Result<Exit, Failure> {
    let output = Output::new(args.format);
    let rule = args.rule.as_deref().zip(tried);
    if args.format == Format::Table {
        let columns = marks::columns();
        let last = rule.map_or_else(String::new, |(id, tried)| format!("\n{}", marks::said(&tried_says(id, tried), 0, columns)));
        output.text(&(text(mention, answers, stored, columns) + &last))?;
    } else {
        let answers: Vec<Value> = answers.iter().map(object).collect();
        let then = stored.map(|stored| {
            stored.heard.iter().map(|(watch, _, reason, case)| json!({"watch": watch, "reason": reason, "case": case})).collect::<Vec<_>>()
        });
        let rule = rule
            .map(|(id, tried)| json!({"id": id, "fires": tried.is_ok(), "words": tried.as_ref().ok(), "why_not": tried.as_ref().err()}));
        output.json(&json!({"text": mention.text, "watches": answers, "decided_then": then, "rule": rule}))?;
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
        "nearest": answer.nearest,
    })
}

fn text(mention: &Mention, answers: &[Answer<'_>], stored: Option<&StoredMention>, columns: Option<usize>) -> String {
    let bold = Style::new().bold();
    let mut text = String::new();
    if let Some(stored) = stored.filter(|stored| stored.mention.text.is_empty()) {
        let when = stored.decided.strftime("%Y-%m-%d %H:%MZ");
        let gone = "Its words are forgotten (deleted by the author, asked for, or older than `[privacy] keep_text`).";
        text.push_str(&marks::said(gone, 0, columns));
        writeln!(text, "What was decided {when} still stands:\n").ok();
    }
    for answer in answers {
        writeln!(text, "{bold}{}{bold:#}", answer.watch.brand.name).ok();
        if let Some(hearing) = &answer.hearing {
            heard(&mut text, mention, hearing, columns);
        }
        let verdict = if answer.reason.alerts() { "alert" } else { "no alert" };
        text.push_str(&marks::said(&format!("{verdict}: {} ({})", answer.reason.says(), answer.reason), 2, columns));
        if let Some(detail) = &answer.detail {
            text.push_str(&marks::said(&visible(detail), 2, columns));
        }
        let then = stored.into_iter().flat_map(|stored| &stored.heard).find(|(watch, ..)| *watch == answer.watch.id);
        if let (Some((_, _, reason, case)), Some(stored)) = (then, stored) {
            let case = case.map_or(String::new(), |case| format!(", {case}"));
            let decided = format!("decided {}: {} ({reason}{case})", stored.decided.strftime("%Y-%m-%d %H:%MZ"), reason.says());
            text.push_str(&marks::said(&decided, 2, columns));
        }
        text.push('\n');
    }
    // Watches of that day that the configuration does not have any more, or a store of `run --brand`.
    let gone =
        stored.into_iter().flat_map(|stored| &stored.heard).filter(|(watch, ..)| !answers.iter().any(|answer| answer.watch.id == *watch));
    for (watch, hearing, reason, case) in gone {
        writeln!(text, "{bold}{}{bold:#}", visible(watch)).ok();
        heard(&mut text, mention, hearing, columns);
        let case = case.map_or(String::new(), |case| format!(", {case}"));
        text.push_str(&marks::said(&format!("decided then: {} ({reason}{case})", reason.says()), 2, columns));
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn heard(text: &mut String, mention: &Mention, hearing: &Hearing, columns: Option<usize>) {
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
        let own = std::slice::from_ref(finding);
        match columns {
            Some(columns) => text.push_str(&marks::lines(&mention.text, own, 300, (4, columns))),
            None => writeln!(text, "    {}", marks::line(&mention.text, own, 300)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Brand;

    #[test]
    fn on_a_terminal_every_line_ends_where_words_end() {
        let terms = ["nomadesk", "@nomadesk", "#nomadesk", "nomadesk.com", "nomadesk.example.org"].map(str::to_owned).to_vec();
        let watch = Watch { id: "nomadesk".into(), brand: Brand { name: "Nomadesk".into(), terms }, ..Watch::default() };
        let words = "Nomadeks is fine, and a long sentence follows";
        let mention = Mention::new(Network::known(TEXT), TEXT, words, jiff::Timestamp::UNIX_EPOCH);
        let answers = [unnamed(&watch, words)];
        let wide = text(&mention, &answers, None, None);
        assert!(wide.lines().any(|line| line.len() > 80), "{wide}");
        let narrow = text(&mention, &answers, None, Some(80));
        assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
        let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(joined(&narrow), joined(&wide), "broken at spaces only");
    }
}
