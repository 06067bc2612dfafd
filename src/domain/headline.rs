//! The first line of an alert: urgency, what, who, where, by when.

use jiff::tz::TimeZone;

use super::{Alert, MentionAlert, Primary, Priority};

/// The most characters of a first line; longer ones are cut on a phone's lock screen.
pub const HEADLINE_CHARS: usize = 90;

impl Alert {
    /// Writes the first line, at most [`HEADLINE_CHARS`] characters, with `zone` for the time of day.
    ///
    /// The words come from strangers: a notifier escapes the line like any other foreign text.
    pub fn headline(&self, zone: &TimeZone) -> String {
        match self {
            Self::Mention(alert) => alert.headline(zone),
            Self::Health(health) => one_line(&format!("courtier: {} {}", health.about, health.what), HEADLINE_CHARS),
        }
    }
}

impl MentionAlert {
    /// Writes the first line, such as
    /// `URGENT leaving us: Dropbox > Nomadesk, @kim on Bluesky, answer by 22:46`.
    ///
    /// Names and handles are shortened before the deadline is: the reader needs the end as much as the beginning.
    pub fn headline(&self, zone: &TimeZone) -> String {
        let by = self.answer_by.map_or(String::new(), |at| format!(", answer by {}", at.to_zoned(zone.clone()).strftime("%H:%M")));
        let more = if self.folded.is_empty() { String::new() } else { format!(" (+{} more)", self.folded.len()) };
        let place = one_line(self.mention.network.title(), 12);
        let ending = format!("{place}{by}{more}");
        // The widest names that leave the author at least six characters.
        let mut line = String::new();
        for names in [18, 14, 10, 7, 5] {
            let what = self.what(names);
            let room = HEADLINE_CHARS.saturating_sub(what.chars().count() + ending.chars().count() + ", @ on ".len());
            let who = one_line(&self.mention.author.handle, room.clamp(6, 40));
            let who = if who.is_empty() { "somebody".to_owned() } else { format!("@{who}") };
            line = format!("{what}, {who} on {ending}");
            if line.chars().count() <= HEADLINE_CHARS {
                break;
            }
        }
        one_line(&line, HEADLINE_CHARS)
    }

    /// Says how urgent and what, with names of at most `names` characters.
    fn what(&self, names: usize) -> String {
        let urgency = match self.priority {
            Priority::Urgent => "URGENT ",
            Priority::Today | Priority::Digest => "",
        };
        let name = |side: &Option<String>| side.as_deref().map(|name| one_line(name, names));
        let sides = self.hearing.switch.as_ref().map(|switch| (name(&switch.left), name(&switch.joined)));
        // A side that nobody named is left out, not shown as a question mark.
        let moved = match sides {
            Some((Some(left), Some(joined))) => format!(": {left} > {joined}"),
            Some((Some(left), None)) => format!(": {left}"),
            Some((None, Some(joined))) => format!(": > {joined}"),
            Some((None, None)) | None => String::new(),
        };
        let what = match self.hearing.primary {
            Primary::Leaving => format!("leaving us{moved}"),
            Primary::Joining => format!("joining us{moved}"),
            Primary::Opportunity => format!("opportunity{moved}"),
            primary => format!("{primary} about {}", one_line(&self.watch_name, names)),
        };
        format!("{urgency}{what}")
    }
}

/// Makes one line of at most `most` characters of a text, without control or invisible direction characters.
fn one_line(text: &str, most: usize) -> String {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|&c| !c.is_control() && !hidden(c)));
    }
    if line.chars().count() > most {
        line = line.chars().take(most.saturating_sub(1)).collect();
        line.truncate(line.trim_end().len());
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AlertId, Author, CaseId, Hearing, History, Mention, MentionId, Network, Reason, Stance, Status, Switch, Times};

    fn alert(handle: &str, left: &str, joined: &str) -> MentionAlert {
        let seen = "2026-11-21T22:31:12Z".parse().expect("a date");
        let mut mention = Mention::new(Network::known("bluesky"), "1", "x", seen);
        mention.author = Author { handle: handle.into(), ..Author::default() };
        MentionAlert {
            id: AlertId(1),
            mention_id: MentionId(2),
            case: CaseId(3),
            watch: "dropbox".into(),
            watch_name: "Dropbox".into(),
            feed: "bsky".into(),
            mention,
            hearing: Hearing {
                primary: Primary::Leaving,
                asks: false,
                lang: None,
                switch: Some(Switch {
                    left: Some(left.into()),
                    joined: Some(joined.into()),
                    status: Status::Intent,
                    stance: Stance::Leaving,
                    reason: None,
                }),
                findings: Vec::new(),
            },
            priority: Priority::Urgent,
            reason: Reason::NewCase,
            answer_by: "2026-11-21T22:46:00Z".parse().ok(),
            draft: None,
            history: History::default(),
            times: Times { posted: None, seen, decided: seen, sent: None },
            folded: Vec::new(),
        }
    }

    #[test]
    fn the_founding_headline() {
        assert_eq!(
            alert("kim", "Dropbox", "Nomadesk").headline(&TimeZone::UTC),
            "URGENT leaving us: Dropbox > Nomadesk, @kim on Bluesky, answer by 22:46"
        );
    }

    #[test]
    fn a_long_or_hostile_handle_never_pushes_the_deadline_out() {
        for handle in ["a".repeat(300), "kim\n\u{202e}evil\u{1b}[2J".repeat(9), "日本".repeat(80)] {
            let line = alert(&handle, &"L".repeat(80), &"J".repeat(80)).headline(&TimeZone::UTC);
            assert!(line.chars().count() <= HEADLINE_CHARS, "{line}");
            assert!(line.ends_with("answer by 22:46"), "{line}");
            assert!(!line.contains(['\n', '\u{1b}', '\u{202e}']), "{line:?}");
        }
    }
}
