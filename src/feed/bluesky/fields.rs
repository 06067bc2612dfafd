//! Walks the fields of a JSON object and decodes only what is asked for.
//!
//! Of the 600 bytes of a post we want the words, and for the few that name
//! somebody the rest. A value that nobody wants is passed over by looking for
//! its end: brackets are counted and strings jumped, no number is read and no
//! escape checked. What is wanted later is kept raw and read strictly then
//! (`record.rs`). It recurses nowhere, so depth costs nothing.

use std::borrow::Cow;

use crate::feed::loose::Loose;

/// A place in a JSON text.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Fields<'a> {
    /// Starts at the first byte.
    pub(super) fn new(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    /// Goes over the object that begins here. `field` is told each key as it is written, and must pass its value.
    pub(super) fn object(&mut self, mut field: impl FnMut(&mut Self, &'a str) -> Result<(), String>) -> Result<(), String> {
        if self.byte()? != b'{' {
            return Err(self.broken());
        }
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = match self.peek()? {
                b'"' => self.key()?,
                _ => return Err(self.broken()),
            };
            if self.byte()? != b':' {
                return Err(self.broken());
            }
            field(self, key)?;
            match self.byte()? {
                b',' => {}
                b'}' => return Ok(()),
                _ => return Err(self.broken()),
            }
        }
    }

    /// Whether an object begins here; a value that is something else is passed.
    pub(super) fn is_object(&mut self) -> Result<bool, String> {
        let is_object = self.peek()? == b'{';
        if !is_object {
            self.value()?;
        }
        Ok(is_object)
    }

    /// Passes a value and gives it as it is written; what is inside of it need not be JSON.
    pub(super) fn value(&mut self) -> Result<&'a str, String> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => drop(self.quoted()?),
            b'{' | b'[' => self.nested()?,
            _ => {
                let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                self.at += self.rest().iter().take_while(|byte| in_word(byte)).count();
            }
        }
        self.json.get(start..self.at).filter(|value| !value.is_empty()).ok_or_else(|| self.broken())
    }

    /// Reads a string; `None` when the value is something else.
    pub(super) fn text(&mut self) -> Result<Option<Cow<'a, str>>, String> {
        if self.peek()? != b'"' {
            return self.value().map(|_| None);
        }
        let start = self.at;
        let (inner, is_plain) = self.quoted()?;
        if is_plain {
            return Ok(Some(Cow::Borrowed(inner)));
        }
        let quoted = self.json.get(start..self.at).unwrap_or_default();
        serde_json::from_str(quoted).map(|text| Some(Cow::Owned(text))).map_err(|error| error.to_string())
    }

    /// Reads a string; an empty one when the value is something else.
    pub(super) fn loose(&mut self) -> Result<Loose<'a>, String> {
        Ok(Loose(self.text()?.unwrap_or_default()))
    }

    /// Makes sure that nothing but space is left.
    pub(super) fn end(&self) -> Result<(), String> {
        if self.rest().iter().all(u8::is_ascii_whitespace) { Ok(()) } else { Err(self.broken()) }
    }

    fn rest(&self) -> &'a [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Goes to the next byte that is no space, and gives it.
    fn peek(&mut self) -> Result<u8, String> {
        let bytes = self.json.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(self.broken()),
            }
        }
    }

    /// Takes the next byte that is no space.
    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }

    /// Passes the key that begins here. Keys are so short that a call to search them costs more than looking at each byte.
    fn key(&mut self) -> Result<&'a str, String> {
        let start = self.at + 1;
        let rest = self.json.as_bytes().get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len());
        if rest.get(length) != Some(&b'"') {
            return self.quoted().map(|(key, _)| key);
        }
        self.at = start + length + 1;
        self.json.get(start..start + length).ok_or_else(|| self.broken())
    }

    /// Passes the string that begins here: what stands between its quotes, and whether it is free of escapes.
    fn quoted(&mut self) -> Result<(&'a str, bool), String> {
        let start = self.at + 1;
        self.at = start;
        let mut is_plain = true;
        while let Some(found) = memchr::memchr2(b'"', b'\\', self.rest()) {
            let end = self.at + found;
            if self.json.as_bytes().get(end) == Some(&b'"') {
                self.at = end + 1;
                return self.json.get(start..end).map(|inner| (inner, is_plain)).ok_or_else(|| self.broken());
            }
            is_plain = false;
            self.at = end + 2;
        }
        self.at = self.json.len();
        Err(self.broken())
    }

    /// Passes the object or list that begins here.
    fn nested(&mut self) -> Result<(), String> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.quoted()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    #[cold]
    fn broken(&self) -> String {
        match self.rest() {
            [] => "the JSON is cut off".to_owned(),
            _ => format!("broken JSON at byte {}", self.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The fields of an object, each value as it is written.
    fn walked(json: &str) -> Result<Vec<(String, String)>, String> {
        let mut fields = Fields::new(json);
        let mut all = Vec::new();
        fields.object(|fields, key| {
            all.push((key.to_owned(), fields.value()?.to_owned()));
            Ok(())
        })?;
        fields.end().map(|()| all)
    }

    #[test]
    fn values_of_every_kind_are_passed_whole() {
        let all = walked(r#" { "a" : "x\"}" , "b":[1,{"c":"]"}],"d":-1.5e3, "e":null ,"f":{}} "#).expect("an object");
        let values: Vec<&str> = all.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, [r#""x\"}""#, r#"[1,{"c":"]"}]"#, "-1.5e3", "null", "{}"]);
    }

    #[test]
    fn what_is_no_object_is_broken_and_says_where() {
        for json in ["", "{", "[1]", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":1 "b":2}"#, r#"{"a":1}x"#, r#"{"a":"x}"#, r#"{"a":[{]}"#, r"{a:1}"] {
            assert!(walked(json).is_err(), "{json}");
        }
        assert_eq!(walked(r#"{"a":!}"#), Err("broken JSON at byte 5".to_owned()));
        assert_eq!(walked(r#"{"a":"é"#), Err("the JSON is cut off".to_owned()));
    }

    #[test]
    fn only_strings_with_escapes_are_copied() {
        let read = |json: &'static str| Fields::new(json).text();
        assert!(matches!(read(r#""bye 🎉""#), Ok(Some(Cow::Borrowed("bye 🎉")))));
        assert_eq!(read(r#""a\n\u00e9""#), Ok(Some(Cow::Owned("a\né".to_owned()))));
        assert_eq!(read(r#"["x"]"#), Ok(None));
        assert!(read(r#""\ud800""#).is_err(), "half a character");
    }

    proptest! {
        #[test]
        fn what_another_reader_accepts_is_read_the_same(values in proptest::collection::vec(json(), 0..5), space in "[ \n]{0,2}") {
            let fields: Vec<String> = values.iter().enumerate().map(|(at, value)| format!("{space}\"k{at}\"{space}:{value}{space}")).collect();
            let text = format!("{space}{{{}}}", fields.join(","));
            let all = walked(&text).expect("JSON");
            prop_assert_eq!(all.len(), values.len());
            for ((_, raw), value) in all.iter().zip(&values) {
                prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(raw).expect("JSON"), value);
            }
        }

        #[test]
        fn any_text_ends(text in r#"[{}\[\]":,\\a1é ]{0,60}"#) {
            drop(walked(&text));
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..4).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }
}
