//! Hands text frames of a websocket on as binary ones.
//!
//! The websocket library ends a connection at the first text frame that is not
//! UTF-8, and a resume brings the same frame again: one broken post of a
//! stranger would deafen a live feed for good. So the kind of a frame is changed
//! on its way in, four bits of its head; whoever reads it looks at its letters
//! himself, and passes over what has none. Everything else stays as it is, and
//! what is wrong with the frames themselves is still the library's to find.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The kind of a text frame, and of a binary one (RFC 6455, 5.2).
const TEXT: u8 = 1;
const BINARY: u8 = 2;
/// The part of a frame's first byte that is its kind.
const KIND: u8 = 0x0f;
/// How an answer begins that opens a websocket.
const OPENS: &[u8] = b"HTTP/1.1 101";

/// A connection below a websocket.
#[derive(Debug)]
pub struct Lenient<S> {
    inner: S,
    place: Place,
}

/// Where in the incoming bytes we stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the head of the HTTP answer: its length so far, whether it opens a websocket, how much of its end was seen.
    Answer { length: usize, opens: bool, end: u8 },
    /// Before the first byte of a frame, which names its kind.
    Kind,
    /// Before the second one, which says how long it is, or where that stands.
    Size,
    /// In a length that takes several bytes.
    Long { missing: u8, length: u64 },
    /// In what a frame carries: so many bytes are left.
    Load(u64),
    /// Where there are no frames, or none that a server may send: the library says so.
    Other,
}

impl<S> Lenient<S> {
    /// Stands before the HTTP answer.
    pub(super) fn new(inner: S) -> Self {
        Self { inner, place: Place::Answer { length: 0, opens: true, end: 0 } }
    }
}

impl Place {
    /// Goes over what came in.
    fn pass(mut self, mut bytes: &mut [u8]) -> Self {
        while let Some(first) = bytes.first_mut() {
            let mut used = 1;
            self = match self {
                Self::Other => return self,
                Self::Load(left) => {
                    used = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    Self::load(left - used as u64)
                }
                Self::Kind => {
                    if *first & KIND == TEXT {
                        *first = (*first & !KIND) | BINARY;
                    }
                    Self::Size
                }
                Self::Size => match *first {
                    short @ 0..=125 => Self::load(u64::from(short)),
                    126 => Self::Long { missing: 2, length: 0 },
                    127 => Self::Long { missing: 8, length: 0 },
                    // Masked: no server does so.
                    _ => Self::Other,
                },
                Self::Long { missing, length } => {
                    let length = (length << 8) | u64::from(*first);
                    if missing == 1 { Self::load(length) } else { Self::Long { missing: missing - 1, length } }
                }
                Self::Answer { length, opens, end } => Self::answer(*first, length, opens, end),
            };
            bytes = bytes.get_mut(used..).unwrap_or_default();
        }
        self
    }

    /// Takes one byte of the HTTP answer.
    fn answer(byte: u8, length: usize, opens: bool, end: u8) -> Self {
        let opens = opens && OPENS.get(length).is_none_or(|wanted| *wanted == byte);
        let end = match (byte, end) {
            (b'\r', 0 | 2) | (b'\n', 1 | 3) => end + 1,
            (b'\r', _) => 1,
            _ => 0,
        };
        match (end, opens) {
            (4, true) => Self::Kind,
            (4, false) => Self::Other,
            _ => Self::Answer { length: length + 1, opens, end },
        }
    }

    fn load(left: u64) -> Self {
        if left == 0 { Self::Kind } else { Self::Load(left) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        self.place = self.place.pass(buffer.filled_mut().get_mut(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPENED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";

    /// A frame as a server sends it.
    fn frame(first: u8, load: &[u8]) -> Vec<u8> {
        let length = load.len();
        let mut frame = vec![first];
        match length {
            0..=125 => frame.push(u8::try_from(length).expect("short")),
            126..=65_535 => {
                frame.push(126);
                frame.extend(u16::try_from(length).expect("short").to_be_bytes());
            }
            _ => {
                frame.push(127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(load);
        frame
    }

    fn before() -> Place {
        Lenient::new(()).place
    }

    #[test]
    fn an_answer_that_opens_nothing_stays_as_it_is() {
        for answer in ["HTTP/1.1 200 OK\r\n\r\n\u{1}\u{1}\u{81}aaaa", "\u{81}\u{81}\r\n\r\n\u{1}\u{1}"] {
            let mut bytes = answer.as_bytes().to_vec();
            before().pass(&mut bytes);
            assert_eq!(bytes, answer.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn however_it_is_cut_only_the_kind_of_text_frames_changes(
            frames in prop::collection::vec((any::<bool>(), 0_u8..16, 0_usize..300, any::<u8>()), 0..12),
            long in any::<bool>(),
            cuts in prop::collection::vec(1_usize..400, 1..40),
        ) {
            let (mut sent, mut wanted) = (OPENED.to_vec(), OPENED.to_vec());
            for (last, kind, length, fill) in frames {
                let length = if long { length * 300 } else { length };
                let head = |kind: u8| (u8::from(last) << 7) | kind;
                sent.extend(frame(head(kind), &vec![fill; length]));
                wanted.extend(frame(head(if kind == TEXT { BINARY } else { kind }), &vec![fill; length]));
            }
            let mut place = before();
            let mut rest = &mut sent[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at_mut((*cut).min(rest.len()));
                place = place.pass(now);
                rest = later;
            }
            prop_assert!(sent == wanted);
        }

        #[test]
        fn no_bytes_are_too_odd(mut bytes in prop::collection::vec(any::<u8>(), 0..600), opened in any::<bool>()) {
            let length = bytes.len();
            let place = if opened { Place::Kind } else { before() };
            place.pass(&mut bytes);
            prop_assert_eq!(bytes.len(), length);
        }
    }
}
