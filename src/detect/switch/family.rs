//! The rules of the family, in the order of the documentation.

use super::{Kind, SwitchRule};
use crate::detect::Doc;

/// Somebody goes from one brand to another and names both.
pub(in crate::detect) const FROM_TO: SwitchRule = SwitchRule {
    id: "switch.from-to",
    lists: &["switch.from-to", "near.from-to"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody goes from one brand to another and names both.",
        why: "The plainest sentence of all: one brand loses, the other gains, from the same words.",
        yes: &["I am going to switch from Dropbox to Nomadesk", "Thinking of moving from Nomadesk to Dropbox"],
        no: &["My friend switched from Dropbox to Nomadesk", "I moved from the red folder to the blue folder"],
    },
};

/// Somebody goes to a brand and does not say from where.
pub(in crate::detect) const TO: SwitchRule = SwitchRule {
    id: "switch.to",
    lists: &["switch.to", "near.to"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody goes to a brand and does not say from where.",
        why: "In a reply that names only the rival, the brand addressed is the one that is left.",
        yes: &["Right, I'm switching to Dropbox", "I may have to move over to another provider"],
        no: &["Can I switch to the student plan?", "You should switch to Dropbox", "I was switched to a later flight"],
    },
};

/// Somebody is back to another brand, without a verb of going.
pub(in crate::detect) const BACK_TO: SwitchRule = SwitchRule {
    id: "switch.back-to",
    lists: &["switch.back-to"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody is back to another brand, without a verb of going.",
        why: "Short replies say it so, and a returning leaver knows the way.",
        yes: &["I guess it's back to Dropbox for me"],
        no: &["Back to square one"],
    },
};

/// Somebody goes from a brand and leaves open where to.
pub(in crate::detect) const FROM: SwitchRule = SwitchRule {
    id: "switch.from",
    lists: &["switch.from"],
    kind: Kind::From,
    doc: Doc {
        hears: "Somebody goes from a brand and leaves open where to.",
        why: "From the brand addressed it is a loss; from a rival it is an arrival.",
        yes: &["I'm switching from this company"],
        no: &["The switch from day to night"],
    },
};

/// Somebody takes one brand over, or instead of, another.
pub(in crate::detect) const INSTEAD: SwitchRule = SwitchRule {
    id: "switch.instead",
    lists: &["switch.instead"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody takes one brand over, or instead of, another.",
        why: "The choice is made, and the loser is named.",
        yes: &["I went with Dropbox instead of you"],
        no: &["Use the web page instead"],
    },
};

/// Somebody replaces, trades or leaves one brand for another.
pub(in crate::detect) const REPLACE: SwitchRule = SwitchRule {
    id: "switch.replace",
    lists: &["switch.replace"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody replaces, trades or leaves one brand for another.",
        why: "Both sides stand in one clause.",
        yes: &["Replacing you with Dropbox"],
        no: &["They replaced my phone for free"],
    },
};

/// Somebody says goodbye to a brand.
pub(in crate::detect) const GOODBYE: SwitchRule = SwitchRule {
    id: "switch.goodbye",
    lists: &["switch.goodbye"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody says goodbye to a brand.",
        why: "Churn without any keyword, often cheerful.",
        yes: &["Goodbye Nomadesk"],
        no: &["Bye, talk to you later"],
    },
};

/// Somebody greets the next brand.
pub(in crate::detect) const HELLO: SwitchRule = SwitchRule {
    id: "switch.hello",
    lists: &["switch.hello"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody greets the next brand.",
        why: "Ironic thanks and a hello: the whole move in four words.",
        yes: &["Thanks for nothing. Hello @Dropbox"],
        no: &["Hello, can you help me"],
    },
};

/// Two brands with an arrow between them.
pub(in crate::detect) const ARROW: SwitchRule = SwitchRule {
    id: "switch.arrow",
    lists: &["switch.arrow"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Two brands with an arrow between them.",
        why: "Tag style of people who write short.",
        yes: &["Nomadesk -> Dropbox, done"],
        no: &["Settings -> Account"],
    },
};

/// Somebody stays with a rival.
pub(in crate::detect) const STAY: SwitchRule = SwitchRule {
    id: "switch.stay",
    lists: &["switch.stay"],
    kind: Kind::Stay,
    doc: Doc {
        hears: "Somebody stays with a rival.",
        why: "Said to the brand's face, it is a customer not won or lost again.",
        yes: &["I'm sticking with @Dropbox then"],
        no: &["I'm sticking with you"],
    },
};

/// Somebody finds it hard to stay.
pub(in crate::detect) const NOT_STAY: SwitchRule = SwitchRule {
    id: "switch.not-stay",
    lists: &["switch.not-stay"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody finds it hard to stay.",
        why: "The last moment before the decision, and the best one to recover.",
        yes: &["Tough to be loyal when nothing works"],
        no: &["I am a loyal customer"],
    },
};

/// Somebody should have taken a rival.
pub(in crate::detect) const REGRET: SwitchRule = SwitchRule {
    id: "switch.regret",
    lists: &["switch.regret"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody should have taken a rival.",
        why: "Regret about us is a threat that has not been spoken yet.",
        yes: &["Should have gone with Dropbox"],
        no: &["Should have gone to bed"],
    },
};

/// Somebody should have left already.
pub(in crate::detect) const REGRET_STAYING: SwitchRule = SwitchRule {
    id: "switch.regret-staying",
    lists: &["switch.regret-staying"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody should have left already.",
        why: "A leaver who looks for the last reason.",
        yes: &["Should have cancelled long ago"],
        no: &["You should have cancelled my order"],
    },
};

/// Somebody has a new provider, or gives his business to another.
pub(in crate::detect) const NEW: SwitchRule = SwitchRule {
    id: "switch.new",
    lists: &["switch.new"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody has a new provider, or gives his business to another.",
        why: "The rival is named as the new home.",
        yes: &["Looks like I have a new provider @Dropbox"],
        no: &["I have a new phone"],
    },
};

/// Somebody will use another brand from now on.
pub(in crate::detect) const FUTURE: SwitchRule = SwitchRule {
    id: "switch.future",
    lists: &["switch.future"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody will use another brand from now on.",
        why: "A quiet leaver: no goodbye, only next time.",
        yes: &["Next time I'll use Dropbox"],
        no: &["Next time I'll call"],
    },
};

/// Somebody looks for another provider.
pub(in crate::detect) const LOOK: SwitchRule = SwitchRule {
    id: "switch.look",
    lists: &["switch.look", "near.look"],
    kind: Kind::Go,
    doc: Doc {
        hears: "Somebody looks for another provider.",
        why: "Nobody is chosen yet: an answer today still counts.",
        yes: &["Now looking at other providers"],
        no: &["Looking for another charger"],
    },
};

/// Somebody changes provider, jumps ship or moves on, naming nobody.
pub(in crate::detect) const OTHERS: SwitchRule = SwitchRule {
    id: "switch.others",
    lists: &["switch.others", "near.others"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody changes provider, jumps ship or moves on, naming nobody.",
        why: "The category is named, the brand is understood.",
        yes: &["Think it is time for me to switch providers"],
        no: &["I want to switch seats"],
    },
};

/// Somebody leaves, quits, dumps or ditches a brand.
pub(in crate::detect) const LEAVE: SwitchRule = SwitchRule {
    id: "switch.leave",
    lists: &["switch.leave", "near.leave"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody leaves, quits, dumps or ditches a brand.",
        why: "The verb itself.",
        yes: &["I'm leaving this company"],
        no: &["I left my book on the plane"],
    },
};

/// Somebody cancels a subscription, a membership or a contract.
pub(in crate::detect) const CANCEL: SwitchRule = SwitchRule {
    id: "switch.cancel",
    lists: &["switch.cancel", "near.cancel"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody cancels a subscription, a membership or a contract.",
        why: "Done, announced, asked for or blocked: in every case the customer is on his way out.",
        yes: &["I'm cancelling my subscription", "How do I cancel my membership?", "You won't let me cancel my subscription"],
        no: &["You cancelled my flight", "How do I cancel my order?", "They cancelled my account for no reason"],
    },
};

/// Somebody wants his account closed or deleted.
pub(in crate::detect) const CLOSE: SwitchRule = SwitchRule {
    id: "switch.close",
    lists: &["switch.close", "near.close"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody wants his account closed or deleted.",
        why: "The polite form of leaving, mostly said to support.",
        yes: &["Please delete my account", "How do I close my account?"],
        no: &["You closed my account", "I can't log in to my account"],
    },
};

/// Somebody deletes or uninstalls the app.
pub(in crate::detect) const DELETE: SwitchRule = SwitchRule {
    id: "switch.delete",
    lists: &["switch.delete"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody deletes or uninstalls the app.",
        why: "For an app it is the door; to reinstall it is not.",
        yes: &["Uninstalled. Useless."],
        no: &["Uninstalled and reinstalled, still broken"],
    },
};

/// Somebody does not renew.
pub(in crate::detect) const NOT_RENEW: SwitchRule = SwitchRule {
    id: "switch.not-renew",
    lists: &["switch.not-renew"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody does not renew.",
        why: "There is a date: until then he can be won back.",
        yes: &["I will not be renewing"],
        no: &["My card expires, how do I renew it"],
    },
};

/// Somebody has stopped using a brand, or is no longer its customer.
pub(in crate::detect) const STOP: SwitchRule = SwitchRule {
    id: "switch.stop",
    lists: &["switch.stop"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody has stopped using a brand, or is no longer its customer.",
        why: "Mostly done, mostly with a reason that can be answered.",
        yes: &["I have stopped ordering from you"],
        no: &["It stopped working"],
    },
};

/// Somebody is done, out, or over it.
pub(in crate::detect) const DONE: SwitchRule = SwitchRule {
    id: "switch.done",
    lists: &["switch.done"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody is done, out, or over it.",
        why: "Churn without a keyword; after anger it means what it says.",
        yes: &["I'm done with this company"],
        no: &["I'm done with my article"],
    },
};

/// Somebody will never use a brand again.
pub(in crate::detect) const NEVER: SwitchRule = SwitchRule {
    id: "switch.never",
    lists: &["switch.never", "near.never"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody will never use a brand again.",
        why: "A vow in anger; half of them can still be answered.",
        yes: &["Never again", "I will never fly with you again", "This is the last time I use this company"],
        no: &["I'll never use that feature again", "I have never used it", "I will never forget this, you were great"],
    },
};

/// Somebody says that a customer is lost, or takes his business elsewhere.
pub(in crate::detect) const LOST: SwitchRule = SwitchRule {
    id: "switch.lost",
    lists: &["switch.lost"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "Somebody says that a customer is lost, or takes his business elsewhere.",
        why: "The author names the damage himself.",
        yes: &["You just lost a customer", "Taking my business elsewhere"],
        no: &["You lost my luggage", "I had to sit elsewhere"],
    },
};

/// Somebody comes back, or asks whether he may.
pub(in crate::detect) const WIN_BACK: SwitchRule = SwitchRule {
    id: "switch.win-back",
    lists: &["switch.win-back"],
    kind: Kind::Come,
    doc: Doc {
        hears: "Somebody comes back, or asks whether he may.",
        why: "The cheapest customer there is, and he is listening.",
        yes: &["Can I come back?"],
        no: &["I'll get back to you"],
    },
};

/// Somebody is a new customer.
pub(in crate::detect) const JOIN: SwitchRule = SwitchRule {
    id: "switch.join",
    lists: &["switch.join"],
    kind: Kind::Come,
    doc: Doc {
        hears: "Somebody is a new customer.",
        why: "The first week decides; a thank-you now costs nothing.",
        yes: &["Just signed up with Nomadesk"],
        no: &["I tried to join but you cancelled the promo"],
    },
};

/// A hashtag says goodbye to the brand.
pub(in crate::detect) const TAG: SwitchRule = SwitchRule {
    id: "switch.tag",
    lists: &["switch.tag"],
    kind: Kind::Leave,
    doc: Doc {
        hears: "A hashtag says goodbye to the brand.",
        why: "Tags are written for an audience.",
        yes: &["We are so tired of this #ByeNomadesk"],
        no: &["#lovenomadesk"],
    },
};
