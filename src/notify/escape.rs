//! Makes a stranger's words harmless where they are shown.
//!
//! Every renderer passes foreign text (post, title, author, handle, link,
//! evidence) through one of these; `fixtures/hostile` runs over all of them. A
//! link that a person follows is never rewritten: it is carried byte for byte,
//! or it is shown as text ([`carries`] says which).

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// The most code points of one visible character; stacked accents beyond that paint over other lines.
const GRAPHEME_CHARS: usize = 16;

/// Shows one grapheme so that it cannot act: control characters become pictures, invisible ones vanish.
///
/// A joiner survives only inside a grapheme that is more than ASCII: emoji families and Persian need it.
pub fn grapheme(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    if let [byte] = bytes {
        return match byte {
            b'\n' | b' '..=b'~' => Cow::Borrowed(raw),
            b'\t' => Cow::Borrowed(" "),
            b'\r' => Cow::Borrowed("\n"),
            _ => Cow::Owned(picture(char::from(*byte)).to_string()),
        };
    }
    if raw == "\r\n" {
        return Cow::Borrowed("\n");
    }
    let ascii_base = bytes.first().is_some_and(u8::is_ascii);
    let keep = |c: char| match c {
        '\u{200c}' | '\u{200d}' => !ascii_base,
        c => !is_hidden(c),
    };
    let plain = raw.chars().all(|c| keep(c) && !c.is_control() && !is_line_break(c));
    if plain && raw.chars().count() <= GRAPHEME_CHARS {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.chars().take(GRAPHEME_CHARS).filter(|&c| keep(c)).map(|c| if is_line_break(c) { '\n' } else { picture(c) }).collect())
}

/// Shows a text of many lines.
pub fn text(raw: &str) -> String {
    raw.graphemes(true).map(grapheme).collect()
}

/// Shows a text as one line of at most `most` characters, with an ellipsis when it is cut.
///
/// Reads no further than the line is long: a post may be 64 kB.
pub fn line(raw: &str, most: usize) -> String {
    let mut line = String::new();
    let mut used = 0;
    let mut gap = false;
    for piece in raw.graphemes(true) {
        let shown = grapheme(piece);
        if shown.trim().is_empty() {
            gap |= !shown.is_empty() && !line.is_empty();
            continue;
        }
        let chars = shown.chars().count() + usize::from(gap);
        if used + chars > most {
            return cut(line, most);
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
        }
        line.push_str(&shown);
        used += chars;
    }
    line
}

/// Ends a full line with an ellipsis, within `most` characters.
fn cut(mut line: String, most: usize) -> String {
    while line.chars().count() >= most.max(1) {
        line.pop();
    }
    line.truncate(line.trim_end().len());
    line.push('…');
    line
}

/// Escapes for Slack's `mrkdwn` and the `text` field, where `&`, `<` and `>` steer.
///
/// <https://docs.slack.dev/messaging/formatting-message-text> (November 2026): only these three are decoded.
pub fn slack(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in quiet(raw).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// Prepares text for fields that Slack shows as they are (`plain_text`, rich text).
///
/// Slack does not parse these, but what reads Slack's format (Mattermost, Rocket.Chat, bridges)
/// may: the opening of a command becomes a look-alike.
pub fn slack_literal(raw: &str) -> String {
    let quiet = quiet(raw);
    let mut out = String::with_capacity(quiet.len());
    let mut rest = quiet.as_ref();
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let steers = after.starts_with(['!', '@', '#']) || ["http", "mailto", "tel"].iter().any(|scheme| after.starts_with(scheme));
        out.push(if steers { '‹' } else { '<' });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Escapes for Slack's `text` field within `most` characters.
///
/// Entities lengthen a line; where that breaks the limit, look-alikes of the same length stand in for the three characters.
pub fn slack_line(raw: &str, most: usize) -> String {
    let plain = line(raw, most);
    let escaped = slack(&plain);
    if escaped.chars().count() <= most {
        return escaped;
    }
    let alike = |c: char| match c {
        '&' => '＆',
        '<' => '‹',
        '>' => '›',
        c => c,
    };
    quiet(&plain).chars().map(alike).collect()
}

/// Replaces the `@` of a call to everybody by a look-alike, so that no chat hears it.
fn quiet(raw: &str) -> Cow<'_, str> {
    if !raw.contains('@') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len() + 4);
    let mut pieces = raw.split('@');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let calls = ["everyone", "channel", "here", "all"].iter().any(|word| {
            piece.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
                && !piece
                    .get(word.len()..)
                    .and_then(|rest| rest.chars().next())
                    .is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_')
        });
        out.push(if calls { '＠' } else { '@' });
        out.push_str(piece);
    }
    Cow::Owned(out)
}

/// Whether a link may be carried in a field that a click follows: `http` or `https`, nothing hidden, at most `most` characters.
///
/// What it refuses is shown as text instead; it is never rewritten.
pub fn carries(url: &str, most: usize) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let harmless =
        |c: char| !(c.is_whitespace() || c.is_control() || is_hidden(c) || is_line_break(c) || matches!(c, '<' | '>' | '"' | '`' | '\\'));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
        && url.chars().all(harmless)
        && url.chars().count() <= most
}

/// Characters that show nothing and steer direction, width or joining.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e001f}' | '\u{e0080}'..='\u{e0fff}')
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Gives the picture of a control character, and every other character as it is.
fn picture(c: char) -> char {
    match u32::from(c) {
        0x0a => '\n',
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '␡',
        0x80..=0x9f => '\u{fffd}',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_pictures_and_hidden_characters_vanish() {
        assert_eq!(text("a\u{1b}[2Jb\u{7}\0c\u{9b}31m\u{7f}"), "a␛[2Jb␇␀c\u{fffd}31m␡");
        assert_eq!(text("pay\u{202e}lap\u{200b}\u{feff}\u{2066}x"), "paylapx");
        assert_eq!(text("one\r\ntwo\rthree\u{2028}four\tfive"), "one\ntwo\nthree\nfour five");
    }

    #[test]
    fn emoji_families_and_persian_survive() {
        for whole in ["👩‍👩‍👧", "می‌خواهم", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "é", "日本語", "a\u{301}"] {
            assert_eq!(text(whole), whole);
        }
        assert_eq!(text("a\u{200d}b"), "ab", "a joiner between Latin letters hides a word");
        let stacked = format!("z{}", "\u{30d}".repeat(500));
        assert!(text(&stacked).chars().count() <= GRAPHEME_CHARS);
    }

    #[test]
    fn a_line_is_cut_at_a_grapheme() {
        assert_eq!(line(" a \n b  c ", 90), "a b c");
        assert_eq!(line("hello world", 8), "hello w…");
        assert_eq!(line("hello world", 7), "hello…");
        assert_eq!(line(&"👩‍👩‍👧".repeat(9), 12), "👩‍👩‍👧👩‍👩‍👧…");
        assert_eq!(line("", 5), "");
    }

    #[test]
    fn slack_commands_lose_their_teeth() {
        assert_eq!(slack("<!channel> a & b"), "&lt;!channel&gt; a &amp; b");
        assert_eq!(slack("&lt;!channel&gt;"), "&amp;lt;!channel&amp;gt;");
        assert_eq!(slack_literal("<!channel> <@U1> a < b"), "‹!channel> ‹@U1> a < b");
        assert_eq!(slack_literal("<https://evil.example|https://good.example>"), "‹https://evil.example|https://good.example>");
        assert_eq!(slack("@everyone hi @allison @Here"), "＠everyone hi @allison ＠Here");
        assert_eq!(slack_line("a > b", 90), "a &gt; b");
        assert_eq!(slack_line(&"<&>".repeat(30), 90), "‹＆›".repeat(30));
    }

    #[test]
    fn only_plain_web_links_are_carried() {
        assert!(carries("https://example.org/a|b?x=1&y=2#z", 3000));
        for bad in ["!channel", "javascript:alert(1)", "https://a b", "https://a\u{202e}b", "http://", "https://e.org/<!channel|open>"] {
            assert!(!carries(bad, 3000), "{bad}");
        }
        assert!(!carries("https://example.org/", 10));
    }
}
