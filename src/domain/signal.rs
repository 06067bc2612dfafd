//! What can be heard in a mention, and the words for it.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Gives the word used in configuration, JSON, logs and metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word back.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words!(
    /// What one rule hears.
    Signal {
        /// Somebody leaves one brand, joins another, or both.
        Switch => "switch",
        /// Something went wrong for the author.
        Complaint => "complaint",
        /// The author wants to know something.
        Question => "question",
        /// The author is pleased.
        Praise => "praise",
        /// Distrust said aloud: "I don't trust X with my files".
        Distrust => "distrust",
        /// The author still waits for an answer: "second time I ask".
        Chasing => "chasing",
    }
);

words!(
    /// How far a switch has come.
    Status {
        /// Thinks of it.
        Considering => "considering",
        /// Will do it unless something happens.
        Threat => "threat",
        /// Will do it.
        Intent => "intent",
        /// Has done it.
        Done => "done",
    }
);

words!(
    /// A switch seen from the side of the watch.
    Stance {
        /// The watched brand is left.
        Leaving => "leaving",
        /// The watched brand is joined.
        Joining => "joining",
        /// A rival is left and nobody is chosen yet.
        Opportunity => "opportunity",
        /// Between others.
        Market => "market",
    }
);

words!(
    /// The one word for a mention.
    Primary {
        /// Somebody leaves the watched brand.
        Leaving => "leaving",
        /// Somebody joins the watched brand.
        Joining => "joining",
        /// Somebody leaves a rival and has chosen nobody.
        Opportunity => "opportunity",
        /// Something went wrong.
        Complaint => "complaint",
        /// A question without a complaint.
        Question => "question",
        /// Praise.
        Praise => "praise",
        /// Names the watch and says nothing that needs a human.
        Noise => "noise",
    }
);

words!(
    /// Why somebody leaves, where it is said.
    Why {
        /// It costs too much, or the price rose.
        Price => "price",
        /// It does not work, or did not.
        Outage => "outage",
        /// Nobody helped.
        Support => "support",
        /// Something is missing or was taken away.
        Feature => "feature",
        /// Privacy, security or a broken promise.
        Trust => "trust",
        /// What the company stands for or does in public.
        Politics => "politics",
        /// The thing itself is poor: quality, speed, design.
        Quality => "quality",
    }
);
