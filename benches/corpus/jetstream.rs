//! Events of the shape and size of Bluesky's stream; words and names are made up.
//!
//! Posts are about 650 bytes of JSON with 100 bytes of text, a third of them with
//! links, cards or replies. Likes stand for all that is no post.

/// Posts among a hundred events of the network.
const POSTS_IN_100: u8 = 11;

/// One event of the network's mix.
pub fn mixed(dice: &mut fastrand::Rng) -> String {
    if dice.u8(..100) < POSTS_IN_100 { post(dice) } else { like(dice) }
}

/// Words of posts.
const WORDS: &[&str] = &[
    "the",
    "a",
    "and",
    "just",
    "today",
    "really",
    "coffee",
    "morning",
    "weather",
    "people",
    "about",
    "think",
    "with",
    "photo",
    "café",
    "naïve",
    "größer",
    "train",
    "music",
    "album",
    "again",
    "tomorrow",
    "watching",
    "finally",
    "😂",
    "🎉",
    "日本語",
    "game",
    "season",
    "friend",
    "would",
    "never",
    "because",
    "something",
    "between",
    "little",
    "window",
    "garden",
    "paper",
    "question",
];

/// So many words.
pub fn words(dice: &mut fastrand::Rng, count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        if number > 0 {
            text.push(' ');
        }
        text.push_str(WORDS[dice.usize(..WORDS.len())]);
    }
    text
}

/// An id as the network makes them: letters and digits of base 32.
pub fn key(dice: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[dice.usize(..32)])).collect()
}

/// A post of made-up words, about as long as posts are.
pub fn post(dice: &mut fastrand::Rng) -> String {
    let count = 8 + dice.usize(..20);
    let mut text = words(dice, count);
    if dice.u8(..6) == 0 {
        text.push_str(r"\n\n\u0026 so on");
    }
    post_saying(dice, &text)
}

/// A post that says `text`, which is escaped as JSON wants it.
pub fn post_saying(dice: &mut fastrand::Rng, text: &str) -> String {
    let (did, root) = (key(dice, 24), key(dice, 24));
    let address = format!(r#"{{"cid":"bafyrei{}","uri":"at://did:plc:{root}/app.bsky.feed.post/{}"}}"#, key(dice, 52), key(dice, 13));
    let extra = match dice.u8(..9) {
        0..=2 => format!(r#""reply":{{"parent":{address},"root":{address}}},"#),
        3 => format!(
            r#""embed":{{"$type":"app.bsky.embed.external","external":{{"description":"{}","title":"{}","uri":"https://news.example/{}"}}}},"#,
            words(dice, 20),
            words(dice, 8),
            key(dice, 20)
        ),
        4 => format!(
            r#""facets":[{{"features":[{{"$type":"app.bsky.richtext.facet#link","uri":"https://blog.example/{}"}}],"index":{{"byteEnd":40,"byteStart":10}}}}],"#,
            key(dice, 20)
        ),
        _ => String::new(),
    };
    let (rev, rkey, cid) = (key(dice, 13), key(dice, 13), key(dice, 52));
    format!(
        r#"{{"did":"did:plc:{did}","time_us":1795300000000000,"kind":"commit","commit":{{"rev":"{rev}","operation":"create","collection":"app.bsky.feed.post","rkey":"{rkey}","record":{{"$type":"app.bsky.feed.post","createdAt":"2026-11-21T22:26:39.757Z",{extra}"langs":["en"],"text":"{text}"}},"cid":"bafyrei{cid}"}}}}"#
    )
}

/// A like of somebody's post.
pub fn like(dice: &mut fastrand::Rng) -> String {
    format!(
        r#"{{"did":"did:plc:{}","time_us":1795300000000000,"kind":"commit","commit":{{"rev":"{}","operation":"create","collection":"app.bsky.feed.like","rkey":"{}","record":{{"$type":"app.bsky.feed.like","createdAt":"2026-11-21T22:26:39.757Z","subject":{{"cid":"bafyrei{}","uri":"at://did:plc:{}/app.bsky.feed.post/{}"}}}},"cid":"bafyrei{}"}}}}"#,
        key(dice, 24),
        key(dice, 13),
        key(dice, 13),
        key(dice, 52),
        key(dice, 24),
        key(dice, 13),
        key(dice, 52)
    )
}
