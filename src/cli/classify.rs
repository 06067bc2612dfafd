//! `courtier classify`: the classifier as a filter, one JSON object a line.
//!
//! For tests, benches and other programs: same ears as the daemon, no store, no
//! network. A bad line gets an answer of its own and never stops the rest.

use std::borrow::Cow;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::rc::Rc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Exit, Failure, setup};
use crate::config::Config;
use crate::detect::{CompiledBrand, OwnRule, OwnRules, hear_text};
use crate::domain::{Brand, Finding, Hearing, Mention, Network, Primary, Priority, Switch, TEXT_BYTES, Watch};
use crate::engine;
use crate::triage::priority;

/// The longest line that is read; more is answered with an error.
const LINE_BYTES: usize = 16 * 1024 * 1024;

/// Compiled brands that are kept; a stream rarely speaks of more.
const BRANDS: usize = 1024;

/// Classifies posts: one JSON object a line in, one a line out, in the same order.
///
/// A bad line is answered with {"error": ...}; the status is 3 at the end.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The brand for lines that bring none.
    #[arg(long, value_name = "NAME")]
    pub brand: Option<String>,
    /// A rival of that brand; may be given several times.
    #[arg(long, value_name = "NAME", requires = "brand")]
    pub rival: Vec<String>,
}

/// One line of the input.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow, default)]
    brand: Option<&'a RawValue>,
    #[serde(borrow, default)]
    rivals: Option<&'a RawValue>,
    #[serde(default)]
    about: bool,
    #[serde(borrow, default)]
    lang: Option<Cow<'a, str>>,
}

/// One line of the output.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    primary: Primary,
    asks: bool,
    lang: Option<&'a str>,
    priority: Priority,
    #[serde(skip_serializing_if = "Option::is_none")]
    switch: Option<&'a Switch>,
    findings: &'a [Finding],
}

/// The answer to a line that cannot be read.
#[derive(Serialize)]
struct Refusal<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: &'a str,
}

/// Reads standard input to its end. Lines without a brand are heard for `--brand`, else for the
/// first watch of the named configuration whose brand they name.
pub(super) fn run(args: &Args, named: Option<&Path>) -> Result<Exit, Failure> {
    let config = match named {
        Some(path) if args.brand.is_none() => setup::config_at(path)?,
        _ => Config::default(),
    };
    let own = engine::own_rules(&config).map_err(|mistakes| setup::refuse_parts(&config, mistakes))?;
    let mut classifier = Classifier::new(args, &config.watches, own);
    let refused = classifier.stream(&mut io::stdin().lock(), &mut BufWriter::with_capacity(1 << 16, io::stdout().lock()))?;
    Ok(if refused { Exit::Partly } else { Exit::Fine })
}

/// Brands, compiled once.
struct Classifier {
    /// Those of `--brand`, or of the watches of the configuration in their order.
    standing: Vec<Rc<CompiledBrand>>,
    brands: FxHashMap<String, Rc<CompiledBrand>>,
    /// The rules of the configuration: they are for its watches.
    own: OwnRules,
    /// The answer that is being written: one call for the whole of it.
    written: Vec<u8>,
}

impl Classifier {
    fn new(args: &Args, watches: &[Watch], own: Vec<OwnRule>) -> Self {
        let standing = if let Some(name) = &args.brand {
            let rivals: Vec<Brand> = args.rival.iter().map(|rival| by_name(rival)).collect();
            vec![Rc::new(CompiledBrand::new(&by_name(name), &rivals))]
        } else {
            watches.iter().map(|watch| Rc::new(CompiledBrand::new(&watch.brand, &watch.rivals))).collect()
        };
        Self { standing, brands: FxHashMap::default(), own: OwnRules::new(own, watches), written: Vec::new() }
    }

    /// Answers every line; says whether one was refused.
    fn stream(&mut self, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<bool> {
        let mut line = Vec::new();
        let mut refused = false;
        loop {
            line.clear();
            let whole = read_line(input, &mut line)?;
            if line.is_empty() {
                output.flush()?;
                return Ok(refused);
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let answered = if whole { self.answer(&line, output)? } else { Err("the line is longer than 16 MiB".to_owned()) };
            if let Err(error) = answered {
                refused = true;
                let id = serde_json::from_slice::<OnlyId<'_>>(&line).ok().and_then(|only| only.id);
                write(output, &Refusal { id, error: &error })?;
            }
        }
    }

    /// Answers one line; the inner error is what is wrong with it.
    fn answer(&mut self, line: &[u8], output: &mut impl Write) -> io::Result<Result<(), String>> {
        let line = match std::str::from_utf8(line) {
            Ok(line) => line,
            Err(error) => return Ok(Err(format!("no UTF-8: {error}"))),
        };
        let asked: Asked<'_> = match serde_json::from_str(line) {
            Ok(asked) => asked,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let (brand, watch) = match self.brand(asked.brand, asked.rivals, &asked.text) {
            Ok(brand) => brand,
            Err(error) => return Ok(Err(error)),
        };
        let text = asked.text.get(..asked.text.floor_char_boundary(TEXT_BYTES)).unwrap_or_default();
        let mut hearing: Hearing = hear_text(text, asked.lang.as_deref(), &brand, asked.about);
        if let Some(watch) = watch.filter(|_| !self.own.is_empty() && (asked.about || brand.is_named(text))) {
            let mut mention = Mention::new(Network::known("text"), "text", "", Timestamp::UNIX_EPOCH);
            // As it stands: offsets count in the text of the line.
            text.clone_into(&mut mention.text);
            mention.lang = asked.lang.as_deref().map(ToOwned::to_owned);
            self.own.add(&mut hearing, &mention, watch, asked.about);
        }
        let answer = Answer {
            id: asked.id,
            primary: hearing.primary,
            asks: hearing.asks,
            lang: hearing.lang.as_deref(),
            priority: priority(&hearing),
            switch: hearing.switch.as_ref(),
            findings: &hearing.findings,
        };
        self.written.clear();
        serde_json::to_writer(&mut self.written, &answer)?;
        self.written.push(b'\n');
        output.write_all(&self.written).map(Ok)
    }

    /// Compiles the brand of a line, or takes the standing one with its place.
    fn brand(
        &mut self,
        brand: Option<&RawValue>,
        rivals: Option<&RawValue>,
        text: &str,
    ) -> Result<(Rc<CompiledBrand>, Option<usize>), String> {
        let Some(brand) = brand.filter(|brand| brand.get() != "null") else {
            let named = self.standing.iter().position(|brand| self.standing.len() == 1 || brand.is_named(text)).unwrap_or(0);
            let brand = self.standing.get(named).map(|brand| (Rc::clone(brand), Some(named)));
            return brand.ok_or_else(|| "no brand: give one in the line, with --brand or with --config FILE".to_owned());
        };
        let rivals = rivals.map_or("[]", RawValue::get);
        let key = format!("{}\n{rivals}", brand.get());
        if let Some(known) = self.brands.get(&key) {
            return Ok((Rc::clone(known), None));
        }
        let read = |what: &str, error: serde_json::Error| format!("{what}: {error}");
        let brand: Brand = serde_json::from_str(brand.get()).map_err(|error| read("brand", error))?;
        let rivals: Option<Vec<Brand>> = serde_json::from_str(rivals).map_err(|error| read("rivals", error))?;
        let compiled = Rc::new(CompiledBrand::new(&brand, &rivals.unwrap_or_default()));
        if self.brands.len() >= BRANDS {
            self.brands.clear();
        }
        self.brands.insert(key, Rc::clone(&compiled));
        Ok((compiled, None))
    }
}

/// The id of a line that is JSON but no question.
#[derive(Deserialize)]
struct OnlyId<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

/// Makes a brand of a bare name: the name, its handle and its hashtag.
fn by_name(name: &str) -> Brand {
    let joined: String = name.split_whitespace().collect();
    Brand { name: name.to_owned(), terms: vec![name.to_owned(), format!("@{joined}"), format!("#{joined}")] }
}

fn write(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value)?;
    output.write_all(b"\n")
}

/// Reads one line with its end into `line`; `false` when it was too long and only its beginning is kept.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let mut whole = true;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            return Ok(whole);
        }
        let end = memchr::memchr(b'\n', buffer).map(|at| at + 1);
        let piece = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        if line.len() + piece.len() > LINE_BYTES {
            whole = false;
        } else if whole {
            line.extend_from_slice(piece);
        }
        let used = piece.len();
        input.consume(used);
        if end.is_some() {
            if line.is_empty() {
                line.push(b'\n');
            }
            return Ok(whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &[u8]) -> (Vec<serde_json::Value>, bool) {
        let args = Args { brand: None, rival: Vec::new() };
        let mut output = Vec::new();
        let refused = Classifier::new(&args, &[], Vec::new()).stream(&mut &*input, &mut output).expect("memory");
        let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        (lines.map(|line| serde_json::from_slice(line).expect("JSON out")).collect(), refused)
    }

    #[test]
    fn a_bad_line_is_answered_and_stops_nothing() {
        let good = br#"{"id":"1","text":"Hello Nomadesk","brand":{"name":"Nomadesk","terms":["nomadesk"]},"lang":"en"}"#;
        let mut input = good.to_vec();
        input.extend_from_slice(b"\n{\"id\":7}\n\n\xff\xfe\n{\"id\":\"2\",\"text\":\"x\"}\n[1]\n");
        input.extend_from_slice(good);
        let (answers, refused) = answers(&input);
        assert!(refused);
        let errors: Vec<bool> = answers.iter().map(|answer| answer.get("error").is_some()).collect();
        assert_eq!(errors, [false, true, true, true, true, false]);
        assert_eq!(answers[1]["id"], 7);
        assert_eq!((&answers[5]["id"], &answers[5]["primary"]), (&"1".into(), &"noise".into()));
    }
}
