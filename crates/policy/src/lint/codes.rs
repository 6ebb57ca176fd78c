//! The kinds of finding: code, severity, and what to do about it.
//!
//! Refuses to know any policy.

/// How grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy does not say one thing.
    Error,
    /// It says something its owner may not want.
    Warning,
    /// Nothing a rule could do about.
    Note,
}

impl Severity {
    /// In one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($code:ident $name:literal $severity:ident $says:literal $explain:literal)+) => {
        /// A kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is explained in Code::explain")]
        pub enum Code { $($code),+ }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// How grave it is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity),+ }
            }

            /// What it says, in one sentence.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self { $(Self::$code => $says),+ }
            }

            /// Why it matters and what to do.
            #[must_use]
            pub fn explain(self) -> &'static str {
                match self { $(Self::$code => $explain),+ }
            }
        }
    };
}

codes! {
    UnknownName "unknown-name" Error
        "The policy names something that the law or the election does not know."
        "What nobody knows can never be met, and nobody would be told. Correct the name; `ascertain calendar` lists the dates of a law, `ascertain why` the offices and sources of an election. Nothing else is looked at until then."
    NotExplored "not-explored" Error
        "Under this law electors write two names on one list, and such elections are not explored."
        "Choose an election from 1804 on; its law has a list for each office."
    NotInForce "not-in-force" Error
        "The policy rests on a date or office that the law in force for this election does not have."
        "Laws change between elections: the day of conclusive determination of 3 U.S.C. § 5 was repealed for elections after 2022. A rule copied from an earlier cycle then waits for a date that does not come. Name a date of the law in force."
    TooFewSources "too-few-sources" Error
        "The policy asks for more sources than there are."
        "Sources that depend on one supplier of figures count as one, unless the rule counts outlets. Ask for fewer, or name others."
    NeverMet "never-met" Error
        "No sequence of acts within the bounds meets the policy for anybody."
        "Its parts may exclude each other, or ask for an act that the law in force gives nobody power to do. `ascertain why` says which."
    TwoOutcomes "two-outcomes" Error
        "Two outcomes are met at once."
        "The engine then releases neither and does what the clause `contested` says; but a rule that can be read both ways will be read both ways by two readers. Join alternatives with `first_of`, or drop the weaker one."
    OrderOfArrival "order-of-arrival" Error
        "The same acts decide otherwise if they arrive in another order."
        "None of the acts ends another: which of them is known first decides. It is how rival certificates made two winners in December 1876. Wait for the act that settles it (an announcement, an office), or for a time after which no rival can come."
    NoPrecedence "no-precedence" Warning
        "Several sources can each meet the rule, and none goes before the others."
        "When they disagree, the rule is met for two persons. Name an order with `first_of`, or ask for more than half of them."
    OneUpstream "one-upstream" Warning
        "Outlets are counted as sources though they depend on one supplier of figures."
        "In 2000 five networks had one supplier, and all were wrong within minutes of each other. Count `upstreams`, or name outlets that do not share one."
    NoHoldTime "no-hold-time" Warning
        "It rests on a statement that can be taken back at any moment, and asks for no hold time."
        "On 8 November 2000 the calls stood for an hour and three quarters. Put the formula into `held_for`."
    UndoneAfterRelease "undone-after-release" Warning
        "Met, the message gone, and then undone."
        "The decision is never unmade: it becomes overtaken, and a correction is offered. If that must not happen, wait for an act that this one can no longer reach, or for the time in which it can be done to pass."
    MetForTheDead "met-for-the-dead" Warning
        "Met for a person who has died."
        "Electors may vote for the dead, as in 1872, and an announcement may name them. Add `living` to the formula."
    WaitsForever "waits-forever" Warning
        "If nothing comes, the policy waits for ever and nobody is told."
        "Give `never` a date after which a person is asked."
    SilentOnNobody "silent-on-nobody" Warning
        "If nobody is elected, the policy waits for ever and nobody is told."
        "269 to 269 is possible, and so are three candidates of whom none has a majority; then a chamber chooses, or nobody does. Let `nobody` ask or release, or give `never` a date."
    SilentOnAnnulment "silent-on-annulment" Warning
        "If the election is set aside, the policy waits for ever and nobody is told."
        "Courts have set elections aside in Ukraine in 2004, Austria in 2016, Kenya in 2017 and Romania in 2024. Let `annulled` ask or release, or give `never` a date."
    SilentOnContest "silent-on-contest" Warning
        "If announcements contradict each other, the policy waits for ever and nobody is told."
        "Let `contested` ask, or give `never` a date."
    LiteralMajority "literal-majority" Warning
        "A list of jurisdictions stands for a majority of the electors."
        "How many electors a jurisdiction has changes with every census, and how many are appointed with every election: the law asks for a majority of those appointed. Say `ascertained` or `voted`."
    UnreachableClause "unreachable-clause" Warning
        "A part of the policy can never be met."
        "It is either a slip or in the way of a reader. Take it out, or find out what it was meant to say."
    OwnCorrection "own-correction" Note
        "Met, and then replaced by the same office, whose word nobody else can undo."
        "No rule can foresee that an office corrects itself. It is listed so that nobody is surprised."
}
