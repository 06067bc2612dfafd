//! `courtier cases`: who waits for us, and what was said.

use std::fmt::Write as _;
use std::path::Path;

use jiff::tz::TimeZone;

use crate::domain::{Case, CaseId, CaseState, Dismissal};
use crate::engine::Clock;
use crate::store::{Store, StoredMention};

use super::{Exit, Failure, Format, Output, setup, visible};

/// Lists cases, shows one, and moves it on; works while the daemon runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Lists live cases, the most urgent first.
    List {
        /// Answered and dismissed ones too.
        #[arg(long)]
        all: bool,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        most: usize,
        /// How to write them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Shows a case with its mentions and what was heard in them.
    Show {
        /// The id as `cases list` shows it.
        id: CaseId,
        /// How to write it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Says that you work on it: escalations stop.
    Take {
        /// The case.
        id: CaseId,
        /// Who takes it.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Says that it was answered.
    Answer {
        /// The case.
        id: CaseId,
    },
    /// Says that nobody will answer it, and why; a dismissed case may be given another reason.
    Dismiss {
        /// The cases.
        #[arg(required = true)]
        ids: Vec<CaseId>,
        /// `not-us` is what `watch suggest` learns from.
        #[arg(long, value_enum, default_value_t)]
        reason: Why,
    },
}

/// Why a case is dismissed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Why {
    /// About us, and needs no answer.
    #[default]
    NoAnswer,
    /// Somebody or something else of that name.
    NotUs,
    /// Advertising, copied text, a machine.
    Spam,
}

impl From<Why> for Dismissal {
    fn from(why: Why) -> Self {
        match why {
            Why::NoAnswer => Self::NoAnswer,
            Why::NotUs => Self::NotUs,
            Why::Spam => Self::Spam,
        }
    }
}

/// Runs the command.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let config = setup::config_of_store(named)?;
    let cannot = |error| Failure::could_not("cannot read the cases").because(error);
    let runtime = setup::runtime()?;
    match &args.action {
        Action::List { all, most, format } => {
            let store = setup::store_read_only(&config)?;
            let listed = runtime.block_on(store.cases(!all, *most)).map_err(cannot)?;
            list(&listed, *format, &config.hours.zone)?;
            Ok(Exit::Fine)
        }
        Action::Show { id, format } => {
            let store = setup::store_read_only(&config)?;
            let Some((case, mentions)) = runtime.block_on(store.case(*id)).map_err(cannot)? else { return Err(unknown(*id)) };
            show(&case, &mentions, *format, &config.hours.zone)?;
            Ok(Exit::Fine)
        }
        Action::Take { id, by } => runtime.block_on(set(&config, *id, CaseState::Taken, by.as_deref())),
        Action::Answer { id } => runtime.block_on(set(&config, *id, CaseState::Answered, None)),
        Action::Dismiss { ids, reason } => runtime.block_on(dismiss(&config, ids, (*reason).into())),
    }
}

fn unknown(id: CaseId) -> Failure {
    Failure::new(Exit::Usage, format!("there is no case {id}")).hint("`courtier cases list --all` lists them")
}

async fn set(config: &crate::config::Config, id: CaseId, state: CaseState, by: Option<&str>) -> Result<Exit, Failure> {
    let store = setup::store_there(config)?;
    let cannot = |error| Failure::could_not("cannot change the case").because(error);
    let Some((before, _)) = store.case(id).await.map_err(cannot)? else { return Err(unknown(id)) };
    if !before.state.may_become(state) {
        return Err(Failure::new(Exit::Usage, format!("{id} is {} and cannot become {state}", before.state))
            .hint("a case only goes forward; the author's next post opens a new one"));
    }
    store.case_set(id, state, by, Clock::system().now()).await.map_err(cannot)?;
    Output::new(Format::Table).text(&format!("{id} is {state}.\n"))?;
    Ok(Exit::Fine)
}

async fn dismiss(config: &crate::config::Config, ids: &[CaseId], why: Dismissal) -> Result<Exit, Failure> {
    let store = setup::store_there(config)?;
    let cannot = |error| Failure::could_not("cannot change the case").because(error);
    let mut text = String::new();
    let mut refused = Vec::new();
    for &id in ids {
        match store.dismiss(id, why, Clock::system().now()).await.map_err(cannot)? {
            Some(case) if case.state == CaseState::Dismissed => writeln!(text, "{id} is dismissed: {why}.").unwrap_or_default(),
            Some(case) => refused.push(format!("{id} is {} and cannot be dismissed", case.state)),
            None => refused.push(format!("there is no case {id}")),
        }
    }
    Output::new(Format::Table).text(&text)?;
    if refused.is_empty() {
        return Ok(Exit::Fine);
    }
    Err(Failure::new(if text.is_empty() { Exit::Usage } else { Exit::Partly }, refused.join("; "))
        .hint("`courtier cases list --all` lists them"))
}

fn list(cases: &[Case], format: Format, zone: &TimeZone) -> Result<(), Failure> {
    let output = Output::new(format);
    match format {
        Format::Json => return output.json(&cases),
        Format::Ndjson => return cases.iter().try_for_each(|case| output.json(case)),
        Format::Table if cases.is_empty() => return output.text("Nobody waits.\n"),
        Format::Table | Format::Csv => {}
    }
    let rows: Vec<Vec<String>> = cases
        .iter()
        .map(|case| {
            vec![
                case.id.to_string(),
                case.priority.to_string(),
                case.state.to_string(),
                case.watch.clone(),
                case.matter.to_string(),
                author(case),
                case.answer_by.map_or(String::new(), |at| at.to_zoned(zone.clone()).strftime("%a %H:%M").to_string()),
                case.mentions.to_string(),
            ]
        })
        .collect();
    output.rows(&["case", "priority", "state", "watch", "matter", "author", "answer by", "mentions"], &rows)
}

/// Says who and where: `@kim on Bluesky`; a feed may name nobody.
fn author(case: &Case) -> String {
    let handle = if case.author.is_empty() { "somebody".to_owned() } else { format!("@{}", case.author) };
    format!("{handle} on {}", case.network.title())
}

fn show(case: &Case, mentions: &[StoredMention], format: Format, zone: &TimeZone) -> Result<(), Failure> {
    let output = Output::new(format);
    if format != Format::Table {
        return output.json(&serde_json::json!({"case": case, "mentions": mentions}));
    }
    let mut text = format!("{}  {} {} of {}, {}\n", case.id, case.priority, case.matter, case.watch, visible(&author(case)));
    let when = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let dismissed = case.dismissed.map_or(String::new(), |why| format!(" as {why}"));
    let by = case.answer_by.map_or(String::new(), |at| format!(", answer by {}", when(at)));
    let taken = case.taken_by.as_deref().map_or(String::new(), |by| format!(" by {}", visible(by)));
    writeln!(text, "{}{dismissed}{taken} since {}{by}", case.state, when(case.touched)).ok();
    for one in mentions {
        writeln!(text, "\n{}  {}", when(one.mention.when()), visible(one.mention.url.as_deref().unwrap_or(&one.mention.native_id))).ok();
        for line in one.mention.text.lines() {
            writeln!(text, "  {}", visible(line)).ok();
        }
        for (watch, hearing, reason, _) in one.heard.iter().filter(|(.., of)| *of == Some(case.id)) {
            let rules: Vec<&str> = hearing.findings.iter().map(|finding| finding.rule.as_str()).collect();
            writeln!(text, "  {watch}: {} ({reason}) {}", hearing.primary, rules.join(", ")).ok();
        }
    }
    output.text(&text)
}
