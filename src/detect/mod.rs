//! Which watch is named, and which signals speak.
//!
//! [`Detector::names_any`] is the hot path of a firehose: one pass over the
//! terms of all watches. [`Detector::hear`] and [`hear_text`] then cut the post
//! into tokens, find all phrases of its language in one pass, let the
//! [`RULES`] read whose cues occur, and add the findings up to a
//! [`Hearing`](crate::domain::Hearing). Everything here is pure.
//!
//! # How to write a rule
//!
//! **1. Phrases are data**: `languages/en/*.txt` (other languages: one file
//! each). A file has sections; a section in angle brackets is a *class*, one with
//! a dot in its name is a *list*. A line is one phrase; what stands behind `::`
//! are its marks: a bare number is the weight, the rest `key=value` or a bare key.
//! Comments begin with `#` at the start of the line or after a space. Of two hits of one list of which one
//! holds the other, only the longer stays; across lists all stay.
//!
//! ```text
//! [<move>]
//! switch* | moving | moved [over]
//! [switch.from-to]
//! <move> [over|back] from {left} to {joined}       :: 0.95 status=done    # the founding sentence
//! (goodbye|bye|so long) {left} // hello {joined}   :: 0.9
//! ```
//!
//! | sign | means |
//! |---|---|
//! | `word` | the folded word; `don't`, `dont`, `do n't` are all `do not`, in phrase and text; `sign-up` is `sign up` |
//! | `stem*` | every word that begins so |
//! | `(a\|b c)` `(a)?` `[a\|b]` | one of them; it or nothing (two spellings) |
//! | `<class>` | any line of that class; classes may use classes |
//! | `<number>` `<handle>` | any number; any handle |
//! | `..3` | at most three tokens of any kind, same sentence |
//! | `^` `$` | a clause begins, a clause ends here |
//! | `//` | the next word may stand in the next sentence (otherwise only commas and the like may stand between) |
//! | `{left}` | slot: a known name, "you", a handle, a hashtag, else a run of Capitalised Words; a determiner in front is passed over |
//! | `{x:us}` `{us}` | slot: the watched brand or "you" |
//! | `{x:rival}` `{x:known}` | slot: a rival; the brand, "you", a rival or any handle |
//! | `{x:named}` | slot: the brand or a rival by name, not "you" |
//! | `{x:any}` | slot: a known name, a handle, else one to three words that are no function words |
//!
//! An emoji or emoticon is a phrase of its own (`😡`, `:(`, or `😡 | 🤬`). A token that is a known name
//! is never a word (the brand may be called "Salt"); it only fills slots and gaps. The words of a list
//! whose name ends in `.tag` are heard at either end of a hashtag (`fail` in `#brandfail`). Every phrase needs
//! at least one word that must stand in the text: it is tried only there.
//!
//! **2. A rule is code that reads hits**: `cues` names the lists without which it does not run, `read`
//! looks at [`Reading::hits`] and at the words around them:
//!
//! ```text
//! fn cues(&self) -> &'static [&'static str] { &["switch.from-to"] }
//! fn read(&self, reading: &Reading<'_>, out: &mut Vec<Found>) {
//!     for hit in reading.hits("switch.from-to") {
//!         let mut found = reading.change(self.id(), hit, Status::Intent);   // slots left and joined become parties
//!         if let Some(not) = reading.before("scope.negation", hit.tokens.start, 3) {
//!             found.attribute(Attribute::Negated);
//!             found.finding.evidence.push(reading.evidence(&not.tokens, Role::Against));
//!         }
//!         out.push(found);
//!     }
//! }
//! ```
//!
//! Useful of [`Reading`]: `hits`, `has`, `hits_under("switch.")`, `mark`, `weight`, `slot`, `party`, `who`, `name`,
//! `before`/`after` (nearest hit of a list within n tokens), `in_clause`, `in_sentence`, `in_question`, `sentences`,
//! `token`, `word`, `about`, `addressed`, `names_brand`, `evidence`, `found` (any signal), `change` (switch).
//! A rule that is nothing but its list is a [`ListRule`].
//!
//! **3. Register it**: `mod` here and the entry in [`RULES`]; `fixtures/rule/<id>/{yes,no}.txt` with at least as
//! many near misses as hits (`tests/rules.rs` says how a line looks).
//!
//! **4. What it adds up to** stands in `judge.rs` alone: a [`Found`] with a [`Change`] counts unless it is
//! negated, past, hypothetical, reported, advice or inside one brand; a post that addresses the
//! brand leaves *it* unless the change says who is left.

mod aside;
mod brand;
mod chasing;
mod complaint;
mod detector;
mod distrust;
mod judge;
mod languages;
mod lexicon;
mod matcher;
mod own;
mod phrase;
mod praise;
mod question;
mod reading;
mod rule;
mod switch;
#[cfg(test)]
mod tests;
mod weigh;
mod whose;

pub use brand::{CompiledBrand, Names};
pub use detector::{Detector, Heard, Outcome, Scratch, hear_text};
pub use judge::counts;
pub use languages::{LANGUAGES, Language, language, lexicon};
pub use lexicon::Lexicon;
pub use own::{OwnRule, OwnRules};
pub use phrase::{Hit, Mistake, Phrase};
pub use reading::Reading;
pub use rule::{Change, Doc, Found, ListRule, Party, RULES, Rule, rule};
