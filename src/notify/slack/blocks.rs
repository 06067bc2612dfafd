//! Builds a message of Block Kit inside the published limits: pure.
//!
//! Limits (docs.slack.dev, November 2026): 50 blocks, header 150, text objects
//! 3000, 10 elements in a context, 25 in actions, button text 75, url 3000.
//! Unpublished, measured by others (github.com/slackapi/bolt-js issues 2509 and
//! 2867): all blocks together about 13,000 characters; we stay below.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::domain::{Alert, Draft, FoldedLine, HEADLINE_CHARS, Health, MentionAlert, Role};
use crate::notify::card;
use crate::notify::escape::{self, carries, slack_line, slack_literal};
use crate::notify::marked;

/// Characters of JSON of all blocks.
const BLOCKS_CHARS: usize = 12_000;
/// Blocks of a message.
const BLOCKS: usize = 50;
/// UTF-16 units of a header.
const HEADER: usize = 150;
/// Characters of a link.
const URL: usize = 3_000;
/// How much of a post is shown: the first that fits.
const POST: [usize; 4] = [2_000, 800, 300, 100];
/// Folded entries per list, so that Slack does not hide one long list behind "see more".
const PER_LIST: usize = 10;

/// Builds the message: the fallback line and the card.
pub(super) fn message(alert: &Alert, zone: &TimeZone) -> Value {
    let headline = alert.headline(zone);
    let blocks = match alert {
        Alert::Mention(mention) => POST
            .iter()
            .map(|&most| mention_blocks(mention, &headline, zone, most))
            .find(|blocks| chars(blocks) <= BLOCKS_CHARS)
            .unwrap_or_else(|| vec![header(&headline)]),
        Alert::Health(health) => health_blocks(health, &headline),
    };
    json!({ "text": slack_line(&headline, HEADLINE_CHARS), "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

fn mention_blocks(alert: &MentionAlert, headline: &str, zone: &TimeZone, post: usize) -> Vec<Value> {
    let mut blocks = vec![header(headline)];
    blocks.push(context(&[format!("{}, {}, {}", card::who(alert), card::place(alert, zone), card::history(alert))]));
    if let Some(parent) = alert.mention.thread.parent_text.as_deref().filter(|text| !text.trim().is_empty()) {
        blocks.push(context(&[format!("in answer to: {}", escape::line(parent, 200))]));
    }
    blocks.push(quote(alert, post));
    let mut tail = Vec::new();
    if let Some(draft) = &alert.draft {
        tail.push(draft_block(draft, post));
        if !draft.lint.is_empty() {
            tail.push(context(
                &draft.lint.iter().take(5).map(|remark| format!("before you send: {}", escape::line(remark, 200))).collect::<Vec<_>>(),
            ));
        }
    }
    tail.extend(links(alert));
    tail.push(context(&[card::grounds(alert), card::latency(&alert.times), card::next(alert, zone)]));
    if !alert.folded.is_empty() {
        let room = BLOCKS_CHARS.saturating_sub(chars(&blocks) + chars(&tail));
        blocks.extend(folded(&alert.folded, room, BLOCKS - blocks.len() - tail.len()));
    }
    blocks.extend(tail);
    blocks
}

fn health_blocks(health: &Health, headline: &str) -> Vec<Value> {
    vec![
        header(headline),
        json!({ "type": "section", "text": plain(&escape::line(&health.what, 2_000)) }),
        context(&[escape::line(&health.hint, 1_000)]),
    ]
}

fn chars(blocks: &[Value]) -> usize {
    blocks.iter().map(|block| block.to_string().chars().count() + 1).sum()
}

fn plain(text: &str) -> Value {
    // `emoji: false`: a handle `:skull:` stays a handle.
    json!({ "type": "plain_text", "text": slack_literal(text), "emoji": false })
}

fn header(headline: &str) -> Value {
    let mut line = escape::line(headline, HEADLINE_CHARS);
    while line.encode_utf16().count() > HEADER {
        line.pop();
    }
    json!({ "type": "header", "text": plain(&line) })
}

fn context(lines: &[String]) -> Value {
    json!({ "type": "context", "elements": lines.iter().map(|line| plain(line)).collect::<Vec<_>>() })
}

fn rich(elements: &[Value]) -> Value {
    json!({ "type": "rich_text", "elements": elements })
}

fn words(text: &str) -> Value {
    json!({ "type": "text", "text": slack_literal(text) })
}

fn bold(text: &str) -> Value {
    json!({ "type": "text", "text": slack_literal(text), "style": { "bold": true } })
}

/// The post, its evidence in bold (emotion and what speaks against in italics).
fn quote(alert: &MentionAlert, most: usize) -> Value {
    let runs = marked::runs(&marked::glyphs(&alert.mention.text, &alert.hearing.findings, most));
    let mut elements: Vec<Value> = runs
        .iter()
        .map(|(text, role)| match role {
            None => words(text),
            Some(Role::Emotion | Role::Against) => json!({ "type": "text", "text": slack_literal(text), "style": { "italic": true } }),
            Some(Role::Cue | Role::Left | Role::Joined | Role::Reason) => bold(text),
        })
        .collect();
    if elements.is_empty() {
        elements.push(words("(no text)"));
    }
    rich(&[json!({ "type": "rich_text_quote", "elements": elements })])
}

/// The draft, set so that one click marks all of it.
fn draft_block(draft: &Draft, most: usize) -> Value {
    let text = marked::glyphs(&draft.text, &[], most.max(300)).iter().map(|glyph| glyph.shown.as_str()).collect::<String>();
    rich(&[
        json!({ "type": "rich_text_section", "elements": [bold(&card::draft_title(draft))] }),
        json!({ "type": "rich_text_preformatted", "elements": [words(if text.is_empty() { " " } else { &text })] }),
    ])
}

/// Buttons for links that can be followed; the others as text.
fn links(alert: &MentionAlert) -> Vec<Value> {
    let named = [("Open the post", "open_post", &alert.mention.url), ("Open the author's page", "open_author", &alert.mention.author.url)];
    let (mut buttons, mut shown) = (Vec::new(), Vec::new());
    for (label, action, url) in named {
        match url {
            Some(url) if carries(url, URL) => {
                buttons.push(json!({ "type": "button", "text": plain(label), "action_id": action, "url": url }));
            }
            Some(url) => shown.push(format!("{label}: {}", escape::line(url, 300))),
            None => {}
        }
    }
    let mut blocks = Vec::new();
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    if !shown.is_empty() {
        blocks.push(context(&shown));
    }
    blocks
}

/// Counts and lists the folded alerts within `room` characters; shorter lines when the full ones do not fit.
fn folded(lines: &[FoldedLine], room: usize, most_blocks: usize) -> Vec<Value> {
    let count = lines.len();
    let title = |listed: usize| {
        let rest = count - listed;
        let more =
            if rest == 0 { String::new() } else { format!("; {rest} of them are not shown here, see all with: courtier cases list") };
        rich(&[json!({ "type": "rich_text_section", "elements": [bold(&format!("and {count} more{more}"))] })])
    };
    // The title of a list that was cut is the longest one.
    let room = room.saturating_sub(chars(&[title(0)]));
    let fits = |text: fn(&str) -> String| {
        let mut used = 0;
        let items: Vec<Value> = lines
            .iter()
            .map(|line| item(line, &text(&line.headline)))
            .take_while(|item| {
                used += item.to_string().chars().count() + 1;
                used + 90 * (used / 2_000 + 1) <= room
            })
            .collect();
        items
    };
    let mut items = fits(|headline| escape::line(headline, HEADLINE_CHARS));
    if items.len() < count {
        items = fits(|headline| escape::line(who(headline), 40));
    }
    items.truncate(most_blocks.saturating_sub(1) * PER_LIST);
    let mut blocks = vec![title(items.len())];
    blocks.extend(items.chunks(PER_LIST).map(|chunk| rich(&[json!({ "type": "rich_text_list", "style": "bullet", "elements": chunk })])));
    blocks
}

/// Takes the author and the place out of a first line: what differs within a burst.
fn who(headline: &str) -> &str {
    headline.split(", ").find(|part| part.starts_with('@')).unwrap_or(headline)
}

fn item(line: &FoldedLine, text: &str) -> Value {
    let text = if text.is_empty() { "(no text)" } else { text };
    let element = match line.url.as_deref() {
        Some(url) if carries(url, URL) => json!({ "type": "link", "url": url, "text": slack_literal(text) }),
        _ => words(text),
    };
    json!({ "type": "rich_text_section", "elements": [element] })
}
